using System.Collections.Immutable;
using System.Text;

namespace Osmo.Domain.Availability;

/// <summary>The checks that a list of condition entries must pass before it becomes rules.</summary>
internal static class ListValidation
{
    // An error is read in a terminal or a form: enough of the entry to recognise it, never a page of it.
    private const int ShownCharsMax = 80;

    public static void Check(string field, IReadOnlyList<string> entries, ImmutableArray<RuleError>.Builder errors)
    {
        if (entries.Count > NodeConditionLists.EntriesMax)
        {
            errors.Add(new(field, null, null,
                $"{field}: {entries.Count} entries, at most {NodeConditionLists.EntriesMax} are allowed. "
                + "Replace entries that share a beginning with one that ends in \"*\"."));
            return;
        }

        for (var index = 0; index < entries.Count; index++)
        {
            if (Problem(entries[index]) is { } problem)
            {
                var shown = Show(entries[index]);
                errors.Add(new(field, index, shown, $"{field}[{index}] \"{shown}\": {problem}"));
            }
        }
    }

    private static string? Problem(string? entry)
    {
        if (string.IsNullOrWhiteSpace(entry))
        {
            return "the entry is empty. Remove it, or write a condition type such as \"GpuHealthy\" (\"*\" alone matches every type).";
        }

        if (entry.Length > NodeConditionLists.EntryCharsMax)
        {
            return $"the entry has {entry.Length} characters, at most {NodeConditionLists.EntryCharsMax} are allowed "
                + "(no condition type is longer). Shorten it.";
        }

        var star = entry.IndexOf('*');
        return star >= 0 && star < entry.Length - 1
            ? "\"*\" may stand only at the end of an entry, where it matches every type that starts with what is before it. "
                + $"Write \"{Show(entry[..(star + 1)])}\", or list the exact types."
            : null;
    }

    /// <summary>An entry as messages show it: shortened, and without characters that no terminal should get.</summary>
    public static string Show(string? entry)
    {
        var shown = new StringBuilder();
        foreach (var c in (entry ?? "").AsSpan(0, Math.Min(entry?.Length ?? 0, ShownCharsMax)))
        {
            // Control characters and lone surrogates must not reach a terminal or break a JSON answer.
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return entry?.Length > ShownCharsMax ? shown.Append("...").ToString() : shown.ToString();
    }
}
