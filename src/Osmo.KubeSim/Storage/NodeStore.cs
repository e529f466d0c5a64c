using System.Collections.Immutable;

namespace Osmo.KubeSim.Storage;

/// <summary>
/// The fleet, its version counter and the window of past events. Writers compare-and-swap whole node versions; readers take
/// immutable snapshots; watchers follow the event window with a cursor of their own, so an event costs the same with one
/// watcher or ten.
/// </summary>
internal sealed class NodeStore
{
    private readonly Lock _gate = new();
    private readonly EventHistory _history;
    private ImmutableSortedDictionary<string, SimulatedNode> _nodes =
        ImmutableSortedDictionary.Create<string, SimulatedNode>(StringComparer.Ordinal);
    private FleetSnapshot _oldest;
    private ulong _version;
    private ulong _oldestWatchVersion;
    private ulong _oldestListVersion;
    private TaskCompletionSource _changed = NewSignal();

    public NodeStore(int historyEventsMax, ulong firstVersion)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(historyEventsMax);
        _history = new EventHistory(historyEventsMax);
        _version = firstVersion;
        // An API server's first nodes come long after version 1, and a fresh one still remembers everything.
        _oldestWatchVersion = 1;
        _oldestListVersion = 1;
        _oldest = new FleetSnapshot(0, _nodes);
    }

    public SegmentPool Pool { get; } = new();

    public ulong Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Completes at the next change of the store; take it before looking, wait on it after finding nothing.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public FleetSnapshot Current
    {
        get
        {
            lock (_gate)
            {
                return new FleetSnapshot(_version, _nodes);
            }
        }
    }

    public SimulatedNode? Find(string name) => Volatile.Read(ref _nodes).GetValueOrDefault(name);

    /// <summary>The fleet at exactly that version, or null if it is no longer known.</summary>
    public FleetSnapshot? At(ulong version)
    {
        lock (_gate)
        {
            if (version < _oldestListVersion || version < _oldest.Version)
            {
                return null;
            }

            var next = _history.FirstAfter(version);
            return new FleetSnapshot(version, next == _history.Start ? _oldest.Nodes : _history[next - 1].After);
        }
    }

    public SimulatedNode? TryAdd(NodeSegments segments, NodeFacts facts)
    {
        lock (_gate)
        {
            if (_nodes.ContainsKey(facts.Name))
            {
                return null;
            }

            var node = new SimulatedNode(segments, facts, ++_version);
            _nodes = _nodes.Add(facts.Name, node);
            Publish(EventKind.Added, node, null);
            return node;
        }
    }

    /// <summary>Replaces <paramref name="expected"/>, or returns null if it is not the newest version any more.</summary>
    public SimulatedNode? TryReplace(SimulatedNode expected, NodeSegments segments, NodeFacts facts)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(expected.Name, out var current) || !ReferenceEquals(current, expected))
            {
                return null;
            }

            var node = new SimulatedNode(segments, facts, ++_version);
            _nodes = _nodes.SetItem(expected.Name, node);
            Publish(EventKind.Modified, node, expected);
            return node;
        }
    }

    /// <summary>Removes <paramref name="expected"/> and returns its last state under the deletion's version; null if outdated.</summary>
    public SimulatedNode? TryRemove(SimulatedNode expected, SimulatedNode? lastState = null)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(expected.Name, out var current) || !ReferenceEquals(current, expected))
            {
                return null;
            }

            var last = (lastState ?? expected).At(++_version);
            _nodes = _nodes.Remove(expected.Name);
            Publish(EventKind.Deleted, last, expected);
            return last;
        }
    }

    /// <summary>Moves the version on, as writes to other resources do in a real cluster.</summary>
    public ulong Touch()
    {
        lock (_gate)
        {
            ++_version;
            Signal();
            return _version;
        }
    }

    /// <summary>From now on every older version is expired for new watches, and for lists too if <paramref name="lists"/>.</summary>
    public void ExpireOlder(bool lists)
    {
        lock (_gate)
        {
            _oldestWatchVersion = ++_version;
            if (lists)
            {
                _oldestListVersion = _version;
            }

            Signal();
        }
    }

    /// <summary>Where a watch from <paramref name="version"/> starts; expired gives the oldest version that would do.</summary>
    public bool TryOpenCursor(ulong version, out long cursor, out ulong oldestVersion)
    {
        lock (_gate)
        {
            oldestVersion = _oldestWatchVersion;
            cursor = _history.FirstAfter(version);
            return version >= oldestVersion;
        }
    }

    /// <summary>The whole fleet together with the cursor that continues right after it.</summary>
    public FleetSnapshot OpenAtCurrent(out long cursor)
    {
        lock (_gate)
        {
            cursor = _history.End;
            return new FleetSnapshot(_version, _nodes);
        }
    }

    /// <summary>
    /// Copies events from the cursor on and moves it. Returns false when the cursor has fallen out of the window or further
    /// behind than <paramref name="backlogMax"/>. <paramref name="version"/> is the store's version if nothing is left.
    /// </summary>
    public bool TryRead(ref long cursor, List<StoreEvent> into, int eventsMax, long backlogMax, out ulong version)
    {
        lock (_gate)
        {
            version = _version;
            if (cursor < _history.Start || _history.End - cursor > backlogMax)
            {
                return false;
            }

            var until = Math.Min(_history.End, cursor + eventsMax);
            for (; cursor < until; cursor++)
            {
                into.Add(_history[cursor]);
            }

            return true;
        }
    }

    public long Lag(long cursor)
    {
        lock (_gate)
        {
            return _history.End - cursor;
        }
    }

    private void Publish(EventKind kind, SimulatedNode node, SimulatedNode? previous)
    {
        var evicted = _history.Append(new StoreEvent(kind, node.Version, node, previous, _nodes));
        if (evicted is not null)
        {
            _oldest = new FleetSnapshot(evicted.Version, evicted.After);
            _oldestWatchVersion = Math.Max(_oldestWatchVersion, evicted.Version);
        }

        Signal();
    }

    private void Signal()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
