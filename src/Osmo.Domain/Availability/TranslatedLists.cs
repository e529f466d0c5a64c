using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Osmo.Domain.Availability;

/// <summary>
/// Recognizes what <see cref="RuleTranslation"/> makes of lists, when somebody sends a document back as an agent's kind of client
/// read it. Such patterns look ahead, which no other rule may.
/// </summary>
internal static class TranslatedLists
{
    private const string ExactEnd = @"\Z";

    /// <summary>The lists that pairs of patterns were made of; whatever is not exactly such a translation is none.</summary>
    public static bool TryRead(IReadOnlyList<ConditionRule> pairs, [NotNullWhen(true)] out NodeConditionLists? lists)
    {
        lists = null;
        if (pairs.Count is not (1 or 2) || pairs.FirstOrDefault(pair => pair.Status == ConditionStatus.True).Type is not { } text)
        {
            return false;
        }

        var rest = text.AsSpan();
        ImmutableArray<string> ignore = [];
        foreach (var except in (ReadOnlySpan<string>)[RuleTranslation.ExceptButReady, RuleTranslation.Except])
        {
            if (rest.StartsWith(except))
            {
                rest = rest[except.Length..];
                if (!TryReadAlternatives(ref rest, RuleTranslation.ExceptEnd, out ignore))
                {
                    return false;
                }

                break;
            }
        }

        if (!rest.StartsWith(RuleTranslation.Demand))
        {
            return false;
        }

        rest = rest[RuleTranslation.Demand.Length..];
        if (!TryReadAlternatives(ref rest, RuleTranslation.DemandEnd, out var demanded)
            || !rest.IsEmpty
            || demanded[0] != NodeConditionRules.ReadyType
            || !NodeConditionRules.TryCreate(demanded[1..], ignore, out var rules, out _))
        {
            return false;
        }

        // The proof: translated again, the lists are what was given. Objects of JSON have no order that everybody keeps.
        lists = (NodeConditionLists)rules;
        var again = RuleTranslation.Of(lists).Pairs;
        return again.Length == pairs.Count && again.All(pairs.Contains);
    }

    /// <summary>The entry of a list that matches the same types as a pattern, where the pattern is nothing but text.</summary>
    public static bool TryReadEntry(string pattern, [NotNullWhen(true)] out string? entry)
    {
        entry = null;
        var text = pattern.AsSpan().TrimStart('^');
        var end = text.EndsWith(ExactEnd) ? ExactEnd.Length : text.EndsWith("$") ? 1 : 0;
        var plain = end > 0 ? text[..^end] : text.EndsWith(".*") ? text[..^2] : text;
        ReadOnlySpan<char> closed = $"{plain})";
        if (!TryReadAlternatives(ref closed, ")", out var entries)
            || entries.Length != 1
            || !plain.SequenceEqual(RuleTranslation.Alternative(entries[0])))
        {
            return false;
        }

        entry = end > 0 ? entries[0][..^1] : entries[0];
        return true;
    }

    private static bool TryReadAlternatives(ref ReadOnlySpan<char> rest, string end, out ImmutableArray<string> entries)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        var entry = new StringBuilder();
        var exact = false;
        for (var i = 0; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case '\\' when i + 1 < rest.Length:
                    i++;
                    exact = rest[i] == 'Z';
                    entry.Append(exact ? "" : rest[i]);
                    break;
                case '|' or ')':
                    found.Add(exact ? entry.ToString() : $"{entry}*");
                    entry.Clear();
                    exact = false;
                    if (rest[i] == ')')
                    {
                        entries = found.ToImmutable();
                        var ended = rest[i..].StartsWith(end);
                        rest = ended ? rest[(i + end.Length)..] : rest;
                        return ended;
                    }

                    break;
                default:
                    entry.Append(rest[i]);
                    break;
            }
        }

        entries = [];
        return false;
    }
}
