using System.Collections.Concurrent;

namespace Osmo.Access.Recognition;

/// <summary>When tokens were last used, until it is written down.</summary>
public sealed class LastUses(TimeProvider time)
{
    private const int TokensMax = 100_000;

    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(10);

    private ConcurrentDictionary<string, DateTimeOffset> _uses = new(StringComparer.Ordinal);

    /// <summary>Notes that a token is used now.</summary>
    public void Note(string tokenId, DateTimeOffset now)
    {
        var uses = _uses;
        if ((!uses.TryGetValue(tokenId, out var noted) || now - noted >= Grain) && uses.Count < TokensMax)
        {
            uses[tokenId] = now;
        }
    }

    /// <summary>Notes that a token is used now.</summary>
    public void Note(string tokenId) => Note(tokenId, time.GetUtcNow());

    /// <summary>What was noted since the last time that it was taken.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Take() =>
        Interlocked.Exchange(ref _uses, new ConcurrentDictionary<string, DateTimeOffset>(StringComparer.Ordinal));
}
