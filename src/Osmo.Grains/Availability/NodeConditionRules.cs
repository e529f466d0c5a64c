using System.Collections.Immutable;

namespace Osmo.Grains.Availability;

/// <summary>
/// The validated <c>node_conditions</c> lists of one backend: which condition types must be <c>True</c> besides <c>Ready</c>, and
/// which are not looked at. Immutable, with value equality (order included: it decides which entry an explanation names).
/// </summary>
public sealed class NodeConditionRules : IEquatable<NodeConditionRules>
{
    /// <summary>Field path of the list of additional types in a backend's configuration.</summary>
    public const string AdditionalField = "node_conditions.additional_node_conditions";

    /// <summary>Field path of the list of ignored types in a backend's configuration.</summary>
    public const string IgnoreField = "node_conditions.ignore_node_conditions";

    /// <summary>The condition type that must be <c>True</c> without being listed.</summary>
    public const string ReadyType = "Ready";

    /// <summary>Most entries that one list may hold.</summary>
    public const int EntriesMax = 1_000;

    /// <summary>Most characters of one entry: Kubernetes' own limit for a qualified condition type.</summary>
    public const int EntryCharsMax = 316;

    private NodeConditionRules(ImmutableArray<string> additional, ImmutableArray<string> ignore)
    {
        Additional = additional;
        Ignore = ignore;
    }

    /// <summary>The rules of a backend that configures nothing: <c>Ready</c> must be True and every other condition False.</summary>
    public static NodeConditionRules Default { get; } = new([], []);

    /// <summary>Entries of <c>additional_node_conditions</c>, as written.</summary>
    public ImmutableArray<string> Additional { get; }

    /// <summary>Entries of <c>ignore_node_conditions</c>, as written.</summary>
    public ImmutableArray<string> Ignore { get; }

    /// <summary>Validates both lists. All errors are reported, not only the first.</summary>
    /// <param name="additional">Types that must be <c>True</c>; a trailing <c>*</c> matches a prefix.</param>
    /// <param name="ignore">Types that are skipped; a trailing <c>*</c> matches a prefix.</param>
    /// <param name="rules">The rules, or <see cref="Default"/> when there are errors.</param>
    /// <param name="errors">What is wrong, in list order; empty on success.</param>
    public static bool TryCreate(
        IReadOnlyList<string> additional,
        IReadOnlyList<string> ignore,
        out NodeConditionRules rules,
        out ImmutableArray<RuleError> errors)
    {
        ArgumentNullException.ThrowIfNull(additional);
        ArgumentNullException.ThrowIfNull(ignore);

        var found = ImmutableArray.CreateBuilder<RuleError>();
        RuleValidation.Check(AdditionalField, additional, found);
        RuleValidation.Check(IgnoreField, ignore, found);
        errors = found.ToImmutable();
        rules = errors.IsEmpty && (additional.Count > 0 || ignore.Count > 0) ? new([.. additional], [.. ignore]) : Default;
        return errors.IsEmpty;
    }

    /// <summary>Decides what these rules ask of a condition type. Ignore entries win over everything, <c>Ready</c> included.</summary>
    /// <param name="type">The condition's type, compared case-sensitively.</param>
    public ConditionRequirement Classify(string type)
    {
        ArgumentNullException.ThrowIfNull(type);

        if (FirstMatch(Ignore, type) is { } ignored)
        {
            return new(RequiredStatus.Any, RuleSource.IgnoreEntry, ignored);
        }

        if (type == ReadyType)
        {
            return new(RequiredStatus.True, RuleSource.ReadyDefault, ReadyType);
        }

        return FirstMatch(Additional, type) is { } required
            ? new(RequiredStatus.True, RuleSource.AdditionalEntry, required)
            : new(RequiredStatus.False, RuleSource.None, null);
    }

    /// <summary>The verdict with its reasons, in the node's own order of conditions. For people, not for the hot path.</summary>
    /// <param name="conditions">The node's conditions.</param>
    /// <param name="unschedulable">The node's <c>spec.unschedulable</c>.</param>
    /// <param name="agentVerdict">What the agent judged, of agents that judge.</param>
    public NodeVerdict Explain(ReadOnlySpan<ConditionPair> conditions, bool unschedulable, bool? agentVerdict = null)
    {
        var verdicts = ImmutableArray.CreateBuilder<ConditionVerdict>(conditions.Length);
        foreach (var (type, status) in conditions)
        {
            verdicts.Add(new ConditionVerdict(type, status, Classify(type)));
        }

        return new NodeVerdict(verdicts.MoveToImmutable(), unschedulable, agentVerdict);
    }

    /// <inheritdoc/>
    public bool Equals(NodeConditionRules? other) =>
        other is not null
        && Additional.AsSpan().SequenceEqual(other.Additional.AsSpan())
        && Ignore.AsSpan().SequenceEqual(other.Ignore.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NodeConditionRules);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Additional.Length);
        foreach (var entry in Additional)
        {
            hash.Add(entry, StringComparer.Ordinal);
        }

        foreach (var entry in Ignore)
        {
            hash.Add(entry, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    private static string? FirstMatch(ImmutableArray<string> entries, string type)
    {
        foreach (var entry in entries)
        {
            var matches = entry[^1] == '*' ? type.AsSpan().StartsWith(entry.AsSpan(0, entry.Length - 1)) : entry == type;
            if (matches)
            {
                return entry;
            }
        }

        return null;
    }
}
