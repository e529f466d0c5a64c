using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Osmo.Domain.Availability;

/// <summary>
/// A regular expression in Python's notation, run by an engine whose time is linear in the text: no pattern that somebody writes can
/// keep a backend busy. Immutable; any thread may use it.
/// </summary>
internal sealed class ConditionPattern
{
    // Backends share patterns, and their documents are read far more often than they change: a pattern is compiled once.
    private const int PatternsCachedMax = 4_096;

    private static readonly ConcurrentDictionary<(PatternPlace Place, string Text), ConditionPattern> Compiled = [];

    private readonly Regex _regex;

    private ConditionPattern(Regex regex) => _regex = regex;

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">The pattern, as written.</param>
    /// <param name="place">Where it stands, and so how it is anchored.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="problem">What is wrong with it, and what to do.</param>
    public static bool TryParse(
        string text,
        PatternPlace place,
        [NotNullWhen(true)] out ConditionPattern? pattern,
        [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (Compiled.TryGetValue((place, text), out pattern))
        {
            return true;
        }

        if (!PatternSyntax.TryTranslate(text, place, out var translated, out problem))
        {
            return false;
        }

        try
        {
            // Alone first: what closes a group that it did not open would otherwise close the one that is put around it.
            _ = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            var anchored = place == PatternPlace.Type ? $"\\A(?:{translated})" : $"^(?:{translated})$";
            pattern = new ConditionPattern(new Regex(anchored, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (RegexParseException error)
        {
            problem = $"is no regular expression ({error.Error} at character {error.Offset + 1}). Mend it, or escape the character "
                + "there with \"\\\" if it is meant as it stands.";
            return false;
        }
        catch (NotSupportedException)
        {
            // The syntax is checked already, so what is left is the size: the engine unrolls counted repetitions.
            problem = "repeats so much that no engine of linear time can hold it. Use smaller counts, or \"*\" and \"+\".";
            return false;
        }

        if (Compiled.Count >= PatternsCachedMax)
        {
            Compiled.Clear();
        }

        Compiled[(place, text)] = pattern;
        return true;
    }

    public bool Matches(string text) => _regex.IsMatch(text);
}
