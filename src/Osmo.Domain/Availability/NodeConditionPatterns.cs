using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Osmo.Domain.Availability;

/// <summary>
/// Rules as pairs of patterns. A rule applies to a condition whose type its first pattern matches, and allows a status that its
/// second matches. A condition fails when rules apply to it and none of them allows its status; one that no rule applies to has no
/// say. <c>Ready</c> must be <c>True</c> where no rule applies to it.
/// </summary>
public sealed class NodeConditionPatterns : NodeConditionRules
{
    /// <summary>Field path of the rules in a backend's configuration.</summary>
    public const string RulesField = "node_conditions.rules";

    /// <summary>Most rules that a backend may have.</summary>
    public const int RulesMax = 200;

    /// <summary>Most characters of one pattern.</summary>
    public const int PatternCharsMax = 500;

    // The first few say enough: whoever has more that apply to one condition has the configuration to look at.
    private const int RulesNamedMax = 3;

    // A fleet reports a few dozen distinct pairs, over and over: each is held against the patterns once.
    private const int PairsKnownMax = 4_096;

    private readonly ConcurrentDictionary<ConditionPair, ConditionRequirement> _known = [];
    private readonly ImmutableArray<(ConditionPattern Type, ConditionPattern Status)> _patterns;
    private readonly bool _readyIsRuled;

    internal NodeConditionPatterns(ImmutableArray<(ConditionRule Rule, ConditionPattern Type, ConditionPattern Status)> rules)
    {
        Rules = [.. rules.Select(rule => rule.Rule)];
        _patterns = [.. rules.Select(rule => (rule.Type, rule.Status))];
        _readyIsRuled = _patterns.Any(pattern => pattern.Type.Matches(ReadyType));
    }

    /// <summary>The rules, as written.</summary>
    public ImmutableArray<ConditionRule> Rules { get; }

    /// <inheritdoc/>
    internal override IEnumerable<string> Texts => Rules.SelectMany(rule => new[] { rule.Type, rule.Status });

    /// <inheritdoc/>
    public override ConditionRequirement Classify(string type, string status)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(status);

        var pair = new ConditionPair(type, status);
        if (!_known.TryGetValue(pair, out var requirement))
        {
            requirement = Judge(type, status);
            if (_known.Count >= PairsKnownMax)
            {
                _known.Clear();
            }

            _known[pair] = requirement;
        }

        return requirement;
    }

    /// <inheritdoc/>
    public override bool Equals(NodeConditionRules? other) =>
        other is NodeConditionPatterns patterns && Rules.AsSpan().SequenceEqual(patterns.Rules.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Rules.Aggregate(Rules.Length, HashCode.Combine);

    /// <summary>Whether the rule at a position applies to a type.</summary>
    internal bool Applies(int rule, string type) => _patterns[rule].Type.Matches(type);

    private ConditionRequirement Judge(string type, string status)
    {
        var refusing = new List<ConditionRule>();
        for (var i = 0; i < Rules.Length; i++)
        {
            if (_patterns[i].Type.Matches(type))
            {
                if (_patterns[i].Status.Matches(status))
                {
                    return Requirement(RuleSource.AllowingRule, [Rules[i]], status);
                }

                refusing.Add(Rules[i]);
            }
        }

        return refusing.Count > 0
            ? Requirement(RuleSource.RefusingRules, refusing, status)
            : type == ReadyType && !_readyIsRuled
                ? new(RequiredStatus.True, RuleSource.ReadyDefault, ReadyType)
                : new(RequiredStatus.Any, RuleSource.NoRule, null);
    }

    private static ConditionRequirement Requirement(RuleSource source, List<ConditionRule> deciding, string status)
    {
        var named = string.Join(", ", deciding.Take(RulesNamedMax));
        var more = deciding.Count > RulesNamedMax ? $" and {deciding.Count - RulesNamedMax} more" : "";
        return new(Asked(source, deciding, status), source, named + more);
    }

    /// <summary>A plain <c>True</c> or <c>False</c> where that is all that is asked, for it reads better than a pattern.</summary>
    private static RequiredStatus Asked(RuleSource source, List<ConditionRule> deciding, string status)
    {
        var asked = deciding[0].Status switch
        {
            ConditionStatus.True => RequiredStatus.True,
            ConditionStatus.False => RequiredStatus.False,
            _ => RequiredStatus.Matching,
        };
        var allows = new ConditionRequirement(asked, source, null).IsMetBy(status);
        return deciding.All(rule => rule.Status == deciding[0].Status) && allows == (source == RuleSource.AllowingRule)
            ? asked
            : RequiredStatus.Matching;
    }
}
