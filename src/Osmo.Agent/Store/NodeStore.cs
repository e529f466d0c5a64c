using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// What is known of the cluster's nodes, one immutable projection each, and which of them the silo has to be told about.
/// <list type="bullet">
/// <item>Written by the reflector (through <see cref="INodeSink"/>) and by label patches (<see cref="ApplyPatched"/>).</item>
/// <item>A patch's answer overtakes the watch: until the watch has caught up, older events of that node are dropped. After a fresh list
/// the watch's word holds again, because a list says nothing of a node whose state it finds unchanged.</item>
/// <item>A node that was deleted, or made again under its name, is never touched by the answer to an older patch.</item>
/// </list>
/// Safe for several threads; every call is short.
/// </summary>
internal sealed class NodeStore : INodeSink
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeEntry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<NodeEntry> _ahead = [];
    private readonly AsyncSignal _changed;
    private readonly PendingNodes _pending;
    private bool _isSynced;
    private long _lists;

    /// <param name="changed">Set whenever there may be something to report.</param>
    public NodeStore(AsyncSignal changed)
    {
        _changed = changed;
        _pending = new PendingNodes(_entries);
    }

    /// <summary>Nodes known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count - _pending.Tombstones;
            }
        }
    }

    /// <summary>Nodes that wait to be reported on the connection.</summary>
    public int PendingCount
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Whether the first list is in.</summary>
    public bool IsSynced
    {
        get
        {
            lock (_lock)
            {
                return _isSynced;
            }
        }
    }

    /// <summary>Lists that are in, the first and all after it.</summary>
    public long Lists
    {
        get
        {
            lock (_lock)
            {
                return _lists;
            }
        }
    }

    public void Replace(IReadOnlyList<NodeProjection> nodes)
    {
        lock (_lock)
        {
            HashSet<string> names = new(nodes.Count, StringComparer.Ordinal);
            foreach (NodeProjection node in nodes)
            {
                names.Add(node.Name);
                ApplyWatched(node);
            }

            foreach (NodeProjection gone in _entries.Values.Select(entry => entry.Current).OfType<NodeProjection>().ToList())
            {
                if (!names.Contains(gone.Name))
                {
                    Remove(gone.Name, gone.Uid);
                }
            }
        }

        _changed.Set();
    }

    public void Upsert(NodeProjection node)
    {
        bool isReportable;
        lock (_lock)
        {
            isReportable = ApplyWatched(node);
        }

        SetWhen(isReportable);
    }

    public void Delete(string name, string uid)
    {
        bool isReportable;
        lock (_lock)
        {
            isReportable = Remove(name, uid);
        }

        SetWhen(isReportable);
    }

    public void Synced()
    {
        lock (_lock)
        {
            foreach (NodeEntry entry in _ahead)
            {
                entry.Current = entry.Watched;
                entry.Watched = null;
                _pending.Add(entry);
            }

            _ahead.Clear();
            _isSynced = true;
            _lists++;
        }

        _changed.Set();
    }

    /// <summary>The node's state, or null when there is no such node.</summary>
    public NodeProjection? Find(string name)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(name, out NodeEntry? entry) ? entry.Current : null;
        }
    }

    /// <summary>All nodes at this moment.</summary>
    public IReadOnlyList<NodeProjection> All()
    {
        lock (_lock)
        {
            return [.. _entries.Values.Select(entry => entry.Current).OfType<NodeProjection>()];
        }
    }

    /// <summary>Takes the API server's answer to a patch, unless the node is gone or the watch was faster.</summary>
    public void ApplyPatched(NodeProjection node)
    {
        bool isReportable;
        lock (_lock)
        {
            if (!_entries.TryGetValue(node.Name, out NodeEntry? entry) || entry.Current is not { } current || current.Uid != node.Uid
                || ResourceVersions.IsOlderOrSame(node.ResourceVersion, current.ResourceVersion) || node.SameState(current))
            {
                return;
            }

            entry.Watched ??= current;
            entry.Current = node;
            _ahead.Add(entry);
            isReportable = _pending.Add(entry);
        }

        SetWhen(isReportable);
    }

    /// <summary>A connection is up: everything has to be reported, as a snapshot first.</summary>
    public void BeginReport()
    {
        lock (_lock)
        {
            _pending.Reset(isReporting: true);
        }

        _changed.Set();
    }

    /// <summary>What is to be said of nodes has changed, though they have not: all of them have to be looked at again.</summary>
    public void ReportAgain()
    {
        lock (_lock)
        {
            foreach (NodeEntry entry in _entries.Values)
            {
                _pending.Add(entry);
            }
        }

        _changed.Set();
    }

    /// <summary>The connection is gone: nothing waits any more, the next snapshot says it all.</summary>
    public void EndReport()
    {
        lock (_lock)
        {
            _pending.Reset(isReporting: false);
        }
    }

    /// <summary>Whether something of this node has not been handed to the connection yet.</summary>
    public bool IsPending(string name)
    {
        lock (_lock)
        {
            return _pending.IsReporting
                && (!_pending.SnapshotBegun || (_entries.TryGetValue(name, out NodeEntry? entry) && entry.IsPending));
        }
    }

    /// <summary>Fills a batch with what waits, each node at most once; false when there is nothing to send.</summary>
    public bool TryFill(INodeBatch batch)
    {
        batch.Clear();
        int nodes;
        do
        {
            // What was undone or is gone again leaves an empty batch: what waits behind it must not wait for the next change.
            nodes = Fill(batch);
        }
        while (batch.IsEmpty && nodes > 0);
        return !batch.IsEmpty;
    }

    private int Fill(INodeBatch batch)
    {
        (int changes, int snapshot) = BeginFill(batch);
        int nodes = changes + snapshot;
        for (; changes > 0 && !batch.IsFull; changes--)
        {
            Take(batch, isSnapshot: false);
        }

        for (; snapshot > 0 && !batch.IsFull; snapshot--)
        {
            Take(batch, isSnapshot: true);
        }

        lock (_lock)
        {
            batch.SnapshotEnd = _pending.EndFill();
        }

        return nodes;
    }

    private (int Changes, int Snapshot) BeginFill(INodeBatch batch)
    {
        lock (_lock)
        {
            if (!_pending.IsReporting || !_isSynced)
            {
                return default;
            }

            batch.SnapshotBegin = _pending.TryBeginSnapshot();
            return _pending.BeginFill();
        }
    }

    // Locked per node and encoded outside, so that the watch never waits for a whole batch.
    private void Take(INodeBatch batch, bool isSnapshot)
    {
        NodeProjection? current;
        NodeProjection? sent;
        lock (_lock)
        {
            if (!_pending.TryTake(isSnapshot, out current, out sent))
            {
                return;
            }
        }

        batch.Add(current, sent);
    }

    private bool ApplyWatched(NodeProjection node)
    {
        if (!_entries.TryGetValue(node.Name, out NodeEntry? entry))
        {
            entry = new NodeEntry();
            _entries.Add(node.Name, entry);
        }

        if (entry.Watched is not null)
        {
            entry.Watched = node;
            if (IsOvertaken(entry.Current!, node))
            {
                return false;
            }

            entry.Watched = null;
            _ahead.Remove(entry);
        }

        if (entry.Current is { } current && node.SameState(current))
        {
            // The watch's instance shares its parts with all other nodes, a patch's answer does not.
            entry.Sent = ReferenceEquals(entry.Sent, current) ? node : entry.Sent;
            entry.Current = node;
            return false;
        }

        _pending.Revive(entry);
        entry.Current = node;
        return _pending.Add(entry);
    }

    private static bool IsOvertaken(NodeProjection current, NodeProjection node) =>
        current.Uid == node.Uid && ResourceVersions.IsOlder(node.ResourceVersion, current.ResourceVersion) && !node.SameState(current);

    private bool Remove(string name, string uid)
    {
        if (!_entries.TryGetValue(name, out NodeEntry? entry) || entry.Current is not { } current || current.Uid != uid)
        {
            return false;
        }

        entry.Watched = null;
        _ahead.Remove(entry);
        return _pending.Bury(name, entry);
    }

    private void SetWhen(bool isReportable)
    {
        if (isReportable)
        {
            _changed.Set();
        }
    }
}
