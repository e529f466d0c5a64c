using System.Collections.Concurrent;

namespace Osmo.KubeSim;

/// <summary>What the server was asked, for assertions and displays. Thread-safe.</summary>
public sealed class RequestCounters
{
    private readonly ConcurrentDictionary<string, long> _byVerb = new(StringComparer.Ordinal);
    private int _openWatches;

    /// <summary>Raised with the verb when a request has arrived and nothing was done for it yet, on the request's thread.</summary>
    public event Action<string>? Arrived;

    /// <summary>Watches being served right now.</summary>
    public int OpenWatches => Volatile.Read(ref _openWatches);

    /// <summary>
    /// Requests so far of a Kubernetes verb on nodes: get, list, watch, create, update, patch, delete; or "list pods", "watch pods" and
    /// the same of events. Refused ones count too.
    /// </summary>
    public long Of(string verb) => _byVerb.GetValueOrDefault(verb);

    internal void Count(string verb)
    {
        _byVerb.AddOrUpdate(verb, 1, (_, n) => n + 1);
        Arrived?.Invoke(verb);
    }

    internal void WatchOpened() => Interlocked.Increment(ref _openWatches);

    internal void WatchClosed() => Interlocked.Decrement(ref _openWatches);
}
