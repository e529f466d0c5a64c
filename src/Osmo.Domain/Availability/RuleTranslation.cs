using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Osmo.Domain.Availability;

/// <summary>
/// What rules become for agents that judge nodes themselves and know only one of the two forms. Where one form cannot say what the
/// other does, it is the closest that leaves no node available that should not be, as far as that form goes, with the reason.
/// </summary>
/// <param name="Pairs">For agents that know pairs of patterns.</param>
/// <param name="PairsLoss">Why the pairs do not say all that the rules do, and what to do; null where they do.</param>
/// <param name="Lists">For agents that know the two lists.</param>
/// <param name="ListsLoss">Why the lists do not say all that the rules do, and what to do; null where they do.</param>
public sealed record RuleTranslation(
    ImmutableArray<ConditionRule> Pairs, string? PairsLoss, NodeConditionLists Lists, string? ListsLoss)
{
    // The parts of the two patterns that a pair of lists becomes: "ignored types excepted", "those types", "any other type".
    internal const string Except = "(?!(?:";
    internal const string ExceptButReady = @"(?!(?!Ready\Z)(?:";
    internal const string ExceptEnd = "))";
    internal const string Demand = "(?:";
    internal const string DemandEnd = ")";

    private const string ReadyIgnored =
        "ignore_node_conditions covers Ready, but agents that know only rules demand Ready whatever they are told. They would call a "
        + "node unavailable while it is not Ready. Take Ready out of what is ignored, or use an agent that takes the lists.";

    private const string NotLists =
        "rules leave alone what none of them applies to, and may allow several statuses; agents that know only the two lists demand "
        + "False of every condition that is not listed. Use additional_node_conditions and ignore_node_conditions, or a newer agent.";

    // What means something in a pattern, to either engine.
    private static readonly SearchValues<char> Special = SearchValues.Create(@"\.^$*+?{}[]|()");

    /// <summary>Translates rules.</summary>
    public static RuleTranslation Of(NodeConditionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);

        if (rules is NodeConditionPatterns patterns)
        {
            return new(patterns.Rules, null, Nearest(patterns), NotLists);
        }

        var lists = (NodeConditionLists)rules;
        var readyIsIgnored = lists.Classify(NodeConditionRules.ReadyType, ConditionStatus.True).Source == RuleSource.IgnoreEntry;
        return new(Pair(lists, readyIsIgnored), readyIsIgnored ? ReadyIgnored : null, lists, null);
    }

    /// <summary>The entry of a list as an alternative of a pattern that is anchored at its start.</summary>
    internal static string Alternative(string entry)
    {
        var (text, end) = entry.EndsWith('*') ? (entry[..^1], "") : (entry, @"\Z");
        var escaped = new StringBuilder(text.Length + end.Length);
        foreach (var c in text)
        {
            if (Special.Contains(c))
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.Append(end).ToString();
    }

    /// <summary>
    /// One pattern for the types that must be True and one for those that must be False. They have no type in common and leave out
    /// just the ignored ones, so it does no harm that an agent takes the more lenient of two rules.
    /// </summary>
    private static ImmutableArray<ConditionRule> Pair(NodeConditionLists lists, bool readyIsIgnored)
    {
        var ignored = string.Join('|', lists.Ignore.Select(Alternative));
        var excepted = lists.Ignore.IsEmpty ? "" : $"{(readyIsIgnored ? ExceptButReady : Except)}{ignored}{ExceptEnd}";
        var demanded = string.Join('|', lists.Additional.Prepend(NodeConditionRules.ReadyType).Select(Alternative));
        var mustBeTrue = new ConditionRule($"{excepted}{Demand}{demanded}{DemandEnd}", ConditionStatus.True);
        return lists.Additional.Contains("*")
            ? [mustBeTrue]
            : [mustBeTrue, new($"{excepted}{Except}{demanded}{ExceptEnd}", ConditionStatus.False)];
    }

    /// <summary>The types that rules plainly name and that must be True; all others must be False, as lists have it.</summary>
    private static NodeConditionLists Nearest(NodeConditionPatterns patterns)
    {
        var additional = patterns.Rules
            .Where(rule => rule.Status == ConditionStatus.True)
            .Select(rule => TranslatedLists.TryReadEntry(rule.Type, out var entry) ? entry : null)
            .OfType<string>()
            .Where(entry => entry != NodeConditionRules.ReadyType)
            .Distinct()
            .ToArray();
        return NodeConditionRules.TryCreate(additional, [], out var lists, out _) ? (NodeConditionLists)lists : NodeConditionLists.Empty;
    }
}
