namespace Osmo.Cli;

/// <summary>The known word that somebody most likely meant.</summary>
internal static class Suggestion
{
    /// <summary>A sentence's end: <c>; did you mean "x"?</c> where a known word is near, otherwise a full stop.</summary>
    public static string For(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } near ? $"; did you mean \"{near}\"?" : ".";

    /// <summary>The known word with the fewest letters to change, if those are few; null otherwise.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var limit = Math.Max(1, word.Length / 3);
        return known
            .Select(candidate => (candidate, Distance: Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(item => item.Distance <= limit)
            .OrderBy(item => item.Distance)
            .ThenBy(item => item.candidate, StringComparer.Ordinal)
            .Select(item => item.candidate)
            .FirstOrDefault();
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
