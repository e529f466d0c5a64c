using System.Collections.Concurrent;

namespace Osmo.KubeSim.Faults;

/// <summary>
/// The faults in force. Thread-safe; everything can be switched while requests are running. Verbs are Kubernetes' own: get, list,
/// watch, create, update, patch, delete; "list pods", "watch pods", "list events" and "watch events" for those; "*" stands
/// for all.
/// </summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<FaultResponse>> _next = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FaultResponse> _standing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FaultResponse> _nodePatches = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IWatchFaultTarget, byte> _watches = new();
    private long _listDelayTicks;
    private readonly FaultGate _stalled = new();
    private readonly FaultGate _frozen = new();
    private volatile bool _refuse;

    /// <summary>Connections are reset as soon as they are accepted, and requests on open ones aborted; open watches go on.</summary>
    public bool RefuseConnections
    {
        get => _refuse;
        set => _refuse = value;
    }

    /// <summary>How long a list waits before it answers. Zero: not at all.</summary>
    public TimeSpan ListDelay
    {
        get => new(Interlocked.Read(ref _listDelayTicks));
        set => Interlocked.Exchange(ref _listDelayTicks, value.Ticks);
    }

    /// <summary>Watches stay open and silent: no events, no bookmarks. What was held back follows when switched off.</summary>
    public bool StallWatches
    {
        get => _stalled.IsClosed;
        set => _stalled.IsClosed = value;
    }

    /// <summary>
    /// etcd does not answer: watches are silent, writes get 504 after <see cref="KubeSimOptions.StorageTimeout"/>, gets and lists
    /// hang; only a list with resourceVersion=0 is still answered, from the cache.
    /// </summary>
    public bool StorageFrozen
    {
        get => _frozen.IsClosed;
        set => _frozen.IsClosed = value;
    }

    /// <summary>Open watches that faults can reach.</summary>
    public int OpenWatches => _watches.Count;

    internal bool WatchesAreSilent => StallWatches || StorageFrozen;

    internal Task SilenceEnded => Task.WhenAll(_stalled.Opened, _frozen.Opened);

    internal Task StorageThawed => _frozen.Opened;

    /// <summary>The next <paramref name="count"/> requests of a verb get this answer.</summary>
    public void FailNext(string verb, int count, FaultResponse response)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        lock (_gate)
        {
            if (!_next.TryGetValue(verb, out var queue))
            {
                queue = new Queue<FaultResponse>();
                _next[verb] = queue;
            }

            for (var i = 0; i < count; i++)
            {
                queue.Enqueue(response);
            }
        }
    }

    /// <summary>How many answers of <see cref="FailNext"/> no request of the verb has met yet.</summary>
    public int Unmet(string verb)
    {
        lock (_gate)
        {
            return _next.TryGetValue(verb, out var queue) ? queue.Count : 0;
        }
    }

    /// <summary>Every request of a verb gets this answer, until it is set to null.</summary>
    public void FailAll(string verb, FaultResponse? response) => Set(_standing, verb, response);

    /// <summary>Every patch of this node gets this answer, until it is set to null.</summary>
    public void FailPatchesOf(string node, FaultResponse? response) => Set(_nodePatches, node, response);

    /// <summary>New requests of these verbs ("*": all) get 403; open watches go on.</summary>
    public void RevokeRights(params string[] verbs)
    {
        foreach (var verb in verbs)
        {
            _revoked[verb] = 0;
        }
    }

    /// <summary>Gives all revoked rights back.</summary>
    public void RestoreRights() => _revoked.Clear();

    /// <summary>Does this to every watch that is open now.</summary>
    public void InjectIntoWatches(WatchFault fault)
    {
        foreach (var watch in _watches.Keys)
        {
            watch.Inject(fault);
        }
    }

    /// <summary>Ends all standing faults; what was injected already is not undone.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _next.Clear();
        }

        _standing.Clear();
        _nodePatches.Clear();
        _revoked.Clear();
        RefuseConnections = false;
        ListDelay = TimeSpan.Zero;
        StallWatches = false;
        StorageFrozen = false;
    }

    internal bool IsRevoked(string verb) => _revoked.ContainsKey(verb) || _revoked.ContainsKey("*");

    internal FaultResponse? Take(string verb, string? node)
    {
        if (verb == "patch" && node is not null && _nodePatches.TryGetValue(node, out var response))
        {
            return response;
        }

        lock (_gate)
        {
            if ((_next.TryGetValue(verb, out var queue) && queue.TryDequeue(out response))
                || (_next.TryGetValue("*", out queue) && queue.TryDequeue(out response)))
            {
                return response;
            }
        }

        return _standing.GetValueOrDefault(verb) ?? _standing.GetValueOrDefault("*");
    }

    internal void Register(IWatchFaultTarget watch) => _watches[watch] = 0;

    internal void Unregister(IWatchFaultTarget watch) => _watches.TryRemove(watch, out _);

    private static void Set(ConcurrentDictionary<string, FaultResponse> faults, string key, FaultResponse? response)
    {
        if (response is null)
        {
            faults.TryRemove(key, out _);
        }
        else
        {
            faults[key] = response;
        }
    }
}
