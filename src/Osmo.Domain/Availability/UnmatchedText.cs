using System.Collections.Immutable;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Availability;

/// <summary>An entry or a pattern of rules that matches no condition of some nodes: most likely it is misspelt.</summary>
/// <param name="Field">Where it stands, such as <c>node_conditions.ignore_node_conditions[1]</c>.</param>
/// <param name="Text">The entry or the pattern, as written.</param>
/// <param name="Nearest">What was most likely meant; null where nothing is near.</param>
public sealed record UnmatchedText(string Field, string Text, string? Nearest)
{
    /// <summary>Every such entry or pattern, in the rules' order.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="types">The types of the conditions that nodes report.</param>
    public static ImmutableArray<UnmatchedText> Of(NodeConditionRules rules, IReadOnlyCollection<string> types) => rules switch
    {
        NodeConditionLists lists =>
            [.. Entries(NodeConditionLists.AdditionalField, lists.Additional, types),
                .. Entries(NodeConditionLists.IgnoreField, lists.Ignore, types)],
        NodeConditionPatterns patterns =>
            [.. patterns.Rules.Where((_, i) => !types.Any(type => patterns.Applies(i, type))).Select(rule => new UnmatchedText(
                $"{NodeConditionPatterns.RulesField}.{ListValidation.Show(rule.Type)}", rule.Type, Spelling.Nearest(rule.Type, types)))],
        _ => [],
    };

    private static IEnumerable<UnmatchedText> Entries(string field, ImmutableArray<string> entries, IReadOnlyCollection<string> types) =>
        entries.Select((entry, i) => (Entry: entry, Index: i))
            .Where(item => !types.Any(type => NodeConditionLists.Matches(item.Entry, type)))
            .Select(item => new UnmatchedText($"{field}[{item.Index}]", item.Entry, NearestEntry(item.Entry, types)));

    /// <summary>Of an entry with a star only what stands before it is compared, with as much of each type.</summary>
    private static string? NearestEntry(string entry, IReadOnlyCollection<string> types)
    {
        if (entry[^1] != '*')
        {
            return Spelling.Nearest(entry, types);
        }

        var length = entry.Length - 1;
        var beginnings = types.Where(type => type.Length >= length).Select(type => type[..length]);
        return Spelling.Nearest(entry[..^1], beginnings) is { } near ? $"{near}*" : null;
    }
}
