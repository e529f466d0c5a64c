namespace Osmo.Domain.Errors;

/// <summary>Finds the name that somebody most likely meant.</summary>
public static class Spelling
{
    private const int CharsMax = 64;

    /// <summary>
    /// The known name with the fewest edits, if they are few for its length, and of several the first by their characters; null where
    /// none is near.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > CharsMax)
        {
            return null;
        }

        var editsMax = Math.Max(1, name.Length / 3);
        return known
            .Where(candidate => Math.Abs(candidate.Length - name.Length) <= editsMax)
            .Select(candidate => (Name: candidate, Edits: Distance(name, candidate)))
            .Where(candidate => candidate.Edits <= editsMax)
            .OrderBy(candidate => candidate.Edits)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .FirstOrDefault()
            .Name;
    }

    /// <summary>Levenshtein's distance without regard to case.</summary>
    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        var current = new int[b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
