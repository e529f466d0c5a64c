using System.Collections.Immutable;

namespace Osmo.Domain.Availability;

/// <summary>
/// Rules as two lists of condition types: which must be <c>True</c> besides <c>Ready</c>, and which are not looked at. Any other
/// condition must be <c>False</c>.
/// </summary>
public sealed class NodeConditionLists : NodeConditionRules
{
    /// <summary>Field path of the list of additional types in a backend's configuration.</summary>
    public const string AdditionalField = "node_conditions.additional_node_conditions";

    /// <summary>Field path of the list of ignored types in a backend's configuration.</summary>
    public const string IgnoreField = "node_conditions.ignore_node_conditions";

    /// <summary>Most entries that one list may hold.</summary>
    public const int EntriesMax = 1_000;

    /// <summary>Most characters of one entry: Kubernetes' own limit for a qualified condition type.</summary>
    public const int EntryCharsMax = 316;

    internal NodeConditionLists(ImmutableArray<string> additional, ImmutableArray<string> ignore)
    {
        Additional = additional;
        Ignore = ignore;
    }

    /// <summary>Lists without entries.</summary>
    public static NodeConditionLists Empty { get; } = new([], []);

    /// <summary>Entries of <c>additional_node_conditions</c>, as written.</summary>
    public ImmutableArray<string> Additional { get; }

    /// <summary>Entries of <c>ignore_node_conditions</c>, as written.</summary>
    public ImmutableArray<string> Ignore { get; }

    /// <inheritdoc/>
    internal override IEnumerable<string> Texts => Additional.Concat(Ignore);

    /// <inheritdoc/>
    /// <remarks>Ignore entries win over everything, <c>Ready</c> included.</remarks>
    public override ConditionRequirement Classify(string type, string status)
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

    /// <inheritdoc/>
    public override bool Equals(NodeConditionRules? other) =>
        other is NodeConditionLists lists
        && Additional.AsSpan().SequenceEqual(lists.Additional.AsSpan())
        && Ignore.AsSpan().SequenceEqual(lists.Ignore.AsSpan());

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

    /// <summary>Whether an entry is about a type.</summary>
    internal static bool Matches(string entry, string type) =>
        entry[^1] == '*' ? type.AsSpan().StartsWith(entry.AsSpan(0, entry.Length - 1)) : entry == type;

    private static string? FirstMatch(ImmutableArray<string> entries, string type)
    {
        foreach (var entry in entries)
        {
            if (Matches(entry, type))
            {
                return entry;
            }
        }

        return null;
    }
}
