using System.Buffers;
using System.Globalization;

namespace Osmo.Domain.Availability;

/// <summary>
/// Finds characters that no condition has in its type or status. A text with one would be kept and would never match: it is a list in
/// one string, has its quotes twice, or was pasted from where characters are not seen.
/// </summary>
internal static class NeverMatching
{
    private static readonly SearchValues<char> Counting = SearchValues.Create("0123456789,");

    /// <summary>What is wrong with an entry of a list; null where nothing is.</summary>
    public static string? ProblemOfEntry(string entry)
    {
        var index = 0;
        while (index < entry.Length && NameOf(entry[index]) is null)
        {
            index++;
        }

        return index < entry.Length ? Problem(entry, index, "type", "Write one entry for each type.") : null;
    }

    /// <summary>What is wrong with a pattern; null where nothing is.</summary>
    public static string? ProblemOfPattern(string pattern, PatternPlace place)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            var isEscaped = pattern[i] == '\\' && i + 1 < pattern.Length;
            i += isEscaped ? 1 : 0;
            if (!isEscaped && pattern[i] is '[' or '{')
            {
                i = pattern[i] == '[' ? EndOfClass(pattern, i) : EndOfCount(pattern, i);
            }
            else if (NameOf(pattern[i]) is not null)
            {
                return Problem(pattern, i, place == PatternPlace.Type ? "type" : "status", "Join alternatives with \"|\".");
            }
        }

        return null;
    }

    private static string Problem(string text, int index, string where, string instead) =>
        $"has {NameOf(text[index])} (U+{(int)text[index]:X4}) at character {index + 1}, and no condition has one in its {where}: it would "
        + $"never match. {(text[index] == ',' ? instead : "Take it out.")}";

    private static string? NameOf(char c) => c switch
    {
        ',' => "a comma",
        '"' or '\'' or '\u2018' or '\u2019' or '\u201A' or '\u201C' or '\u201D' or '\u201E' or '\u00AB' or '\u00BB' => "a quote",
        '\t' => "a tab",
        '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' => "a line end",
        '\u00A0' or '\u2007' or '\u202F' => "a no-break space",
        _ when char.IsWhiteSpace(c) => "a blank",
        _ when char.IsControl(c) => "a control character",
        _ when char.GetUnicodeCategory(c) == UnicodeCategory.Format => "an invisible character",
        _ => null,
    };

    /// <summary>What stands in a class is one of several characters, so that the pattern may match all the same.</summary>
    private static int EndOfClass(string pattern, int start)
    {
        // A "]" that comes first is a character of the class.
        var i = start + (pattern.AsSpan(start).StartsWith("[^") ? 2 : 1);
        i += i < pattern.Length && pattern[i] == ']' ? 1 : 0;
        while (i < pattern.Length && pattern[i] != ']')
        {
            i += pattern[i] == '\\' ? 2 : 1;
        }

        return i;
    }

    private static int EndOfCount(string pattern, int start)
    {
        var length = pattern.AsSpan(start + 1).IndexOfAnyExcept(Counting);
        return length >= 0 && pattern[start + 1 + length] == '}' ? start + 1 + length : start;
    }
}
