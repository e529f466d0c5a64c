using Osmo.Domain.Errors;

namespace Osmo.Cli;

/// <summary>Ends a sentence about an unknown word with the one that somebody most likely meant.</summary>
internal static class Suggestion
{
    /// <summary><c>; did you mean "x"?</c> where a known word is near, otherwise a full stop.</summary>
    public static string For(string word, IEnumerable<string> known) =>
        Spelling.Nearest(word, known) is { } near ? $"; did you mean \"{near}\"?" : ".";
}
