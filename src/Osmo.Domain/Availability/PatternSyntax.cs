using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Osmo.Domain.Availability;

/// <summary>
/// What Python's regular expressions and those of this engine have in common. Agents read the same patterns with Python's engine, so
/// what would mean something else there, or needs an engine that may take exponential time, is refused with a word on what to write.
/// </summary>
internal static class PatternSyntax
{
    private const string NeedsBacktracking =
        "cannot be matched in linear time. Patterns run on an engine that never takes exponential time; write it without ";

    // Of the letters that may follow a backslash those that mean the same to both engines.
    private const string EscapesShared = "AbBdDsSwWafnrtvx0u";

    private const string FlagsShared = "ims";

    /// <summary>Rewrites a pattern for this engine.</summary>
    /// <param name="text">The pattern in Python's notation.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="translated">The same pattern in this engine's notation.</param>
    /// <param name="problem">Why it is refused, and what to do.</param>
    public static bool TryTranslate(string text, PatternPlace place, out string translated, [NotNullWhen(false)] out string? problem)
    {
        var result = new StringBuilder(text.Length);
        problem = null;
        var inClass = false;
        for (var i = 0; i < text.Length && problem is null; i++)
        {
            var rest = text.AsSpan(i);
            result.Append(text[i]);
            switch (text[i])
            {
                case '\\' when i + 1 < text.Length:
                    problem = ProblemOfEscape(rest[1], inClass);

                    // Python's \Z is the very end; here that is \z, and \Z would let a line end follow.
                    result.Append(rest[1] == 'Z' ? 'z' : rest[1]);
                    i++;
                    break;
                case '[' when inClass:
                    problem = "has \"[\" inside of \"[...]\", which engines read in different ways. Write \"\\[\".";
                    break;
                case '[':
                    inClass = true;

                    // A "]" that comes first is a character of the class.
                    var first = rest.StartsWith("[^") ? 2 : 1;
                    var literal = rest.Length > first && rest[first] == ']' ? first + 1 : first;
                    result.Append(rest[1..literal]);
                    i += literal - 1;
                    break;
                case ']':
                    inClass = false;
                    break;
                case '(' when !inClass && rest.StartsWith("(?"):
                    problem = ProblemOfGroup(rest[2..], isFirst: i == 0 && place == PatternPlace.Type);
                    break;
                case '{' when !inClass && rest.StartsWith("{,"):
                    problem = "has \"{,\". Write the lower bound: \"{0,\".";
                    break;
            }
        }

        translated = result.ToString();
        return problem is null;
    }

    private static string? ProblemOfEscape(char escaped, bool inClass) => escaped switch
    {
        'Z' when !inClass => null,
        'A' or 'B' when inClass => $"has \"\\{escaped}\" inside of \"[...]\". Take it out of there.",
        >= '1' and <= '9' => NeedsBacktracking + $"\"\\{escaped}\", which refers back to a group.",
        _ when char.IsAsciiLetterOrDigit(escaped) && !EscapesShared.Contains(escaped, StringComparison.Ordinal) =>
            $"has \"\\{escaped}\", which not every agent's engine knows. "
            + (escaped == 'z' ? "Write \"\\Z\" for the very end." : "Write the characters that are meant."),
        _ => null,
    };

    private static string? ProblemOfGroup(ReadOnlySpan<char> group, bool isFirst)
    {
        if (group.StartsWith(":"))
        {
            return null;
        }

        if (group.StartsWith("=") || group.StartsWith("!") || group.StartsWith("<=") || group.StartsWith("<!"))
        {
            return NeedsBacktracking + "looking ahead or behind (\"(?=\", \"(?!\", \"(?<=\", \"(?<!\"). Rules that list types, or the "
                + "lists additional_node_conditions and ignore_node_conditions, often say the same.";
        }

        if (group.StartsWith(">") || group.StartsWith("(") || group.StartsWith("P="))
        {
            return NeedsBacktracking + "atomic groups, conditions and references to groups.";
        }

        if (group.StartsWith("P<") || group.StartsWith("<") || group.StartsWith("'"))
        {
            return "names a group, which is of no use here. Write \"(...)\" without a name.";
        }

        var flags = group.IndexOfAnyExcept(FlagsShared);
        var end = flags < 0 ? '\0' : group[flags];
        if (end == '-')
        {
            var unset = group[(flags + 1)..].IndexOfAnyExcept(FlagsShared);
            return unset > 0 && group[flags + 1 + unset] == ':' ? null : UnknownGroup;
        }

        return end switch
        {
            ':' when flags > 0 => null,
            ')' when flags > 0 && isFirst => null,
            ')' when flags > 0 => "sets flags for the whole pattern, which is possible only at the start of a pattern of types. "
                + "Write \"(?i:...)\".",
            _ => UnknownGroup,
        };
    }

    private const string UnknownGroup =
        "has \"(?\" with something after it that agents read in another way or not at all. "
        + "Groups are \"(...)\", \"(?:...)\" and \"(?i:...)\".";
}
