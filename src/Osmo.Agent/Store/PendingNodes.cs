using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Which nodes the connection has to be told about: first a snapshot of all, then changes in the order they came, each node once however
/// often it changed. Bounded by the nodes themselves: a node that came and went unreported leaves nothing behind. Guarded by the
/// store's lock.
/// </summary>
internal sealed class PendingNodes(Dictionary<string, NodeEntry> entries)
{
    /// <summary>Most nodes of a batch.</summary>
    public const int BatchNodesMax = 512;

    /// <summary>How many queued nodes that are gone again are put up with, beyond the nodes there are.</summary>
    public const int DeadMax = 1024;

    /// <summary>How many of them may be fresh changes while the snapshot is not done: neither shall starve the other.</summary>
    public const int SnapshotChangesMax = 128;

    private readonly Queue<NodeEntry> _changes = new();
    private NodeEntry[] _snapshot = [];
    private int _snapshotTaken;
    private int _dead;
    private bool _inSnapshot;
    private bool _isFilling;

    /// <summary>Whether a connection wants to know.</summary>
    public bool IsReporting { get; private set; }

    /// <summary>Whether the connection's snapshot has begun; changes before that are part of it.</summary>
    public bool SnapshotBegun { get; private set; }

    public int Tombstones { get; private set; }

    public int Count => _changes.Count + (_snapshot.Length - _snapshotTaken);

    /// <summary>Starts over, for a new connection or for none.</summary>
    public void Reset(bool isReporting)
    {
        foreach ((string name, NodeEntry entry) in entries)
        {
            entry.Sent = null;
            entry.IsPending = false;
            if (entry.Current is null)
            {
                entries.Remove(name);
            }
        }

        _changes.Clear();
        _snapshot = [];
        _snapshotTaken = 0;
        _inSnapshot = false;
        _isFilling = false;
        _dead = 0;
        Tombstones = 0;
        SnapshotBegun = false;
        IsReporting = isReporting;
    }

    /// <summary>Marks a node as changed; false when nobody has to be woken for it.</summary>
    public bool Add(NodeEntry entry)
    {
        if (!SnapshotBegun || entry.IsPending)
        {
            return false;
        }

        entry.IsPending = true;
        _changes.Enqueue(entry);
        return true;
    }

    /// <summary>The node is gone. It stays as a tombstone while the silo has to be told.</summary>
    public bool Bury(string name, NodeEntry entry)
    {
        entry.Current = null;
        if (entry.Sent is null)
        {
            entries.Remove(name);
            ForgetDead(entry);
            return false;
        }

        Tombstones++;
        return Add(entry);
    }

    /// <summary>A node of that name exists again before its deletion was reported.</summary>
    public void Revive(NodeEntry entry)
    {
        if (entry.Current is null && entry.Sent is not null)
        {
            Tombstones--;
        }
    }

    public bool TryBeginSnapshot()
    {
        if (SnapshotBegun)
        {
            return false;
        }

        _snapshot = [.. entries.Values];
        foreach (NodeEntry entry in _snapshot)
        {
            entry.IsPending = true;
        }

        _inSnapshot = true;
        SnapshotBegun = true;
        return true;
    }

    /// <summary>Ends the filling of a batch; true when it was the snapshot's last.</summary>
    public bool EndFill()
    {
        _isFilling = false;
        if (!_inSnapshot || _snapshotTaken < _snapshot.Length)
        {
            return false;
        }

        _snapshot = [];
        _snapshotTaken = 0;
        _inSnapshot = false;
        return true;
    }

    /// <summary>How many changes and snapshot nodes the next batch may take. All of them are different nodes.</summary>
    public (int Changes, int Snapshot) BeginFill()
    {
        _isFilling = true;
        int changes = Math.Min(_changes.Count, _inSnapshot ? SnapshotChangesMax : BatchNodesMax);
        return (changes, Math.Min(_snapshot.Length - _snapshotTaken, BatchNodesMax - changes));
    }

    /// <summary>Takes the next node; false when it came and went unreported. A null state is a deletion.</summary>
    public bool TryTake(bool isSnapshot, out NodeProjection? current, out NodeProjection? sent)
    {
        NodeEntry entry = isSnapshot ? _snapshot[_snapshotTaken++] : _changes.Dequeue();
        (current, sent) = (entry.Current, entry.Sent);
        entry.IsPending = false;
        entry.Sent = current;
        if (current is null && sent is not null)
        {
            Tombstones--;
            entries.Remove(sent.Name);
        }

        return current is not null || sent is not null;
    }

    // Nodes that come and go while the connection is stuck must not fill the queue. Not during a fill: there each node stands once.
    private void ForgetDead(NodeEntry entry)
    {
        _dead += entry.IsPending ? 1 : 0;
        if (_isFilling || _dead <= entries.Count + DeadMax)
        {
            return;
        }

        for (int left = _changes.Count; left > 0; left--)
        {
            NodeEntry queued = _changes.Dequeue();
            if (queued.Current is not null || queued.Sent is not null)
            {
                _changes.Enqueue(queued);
            }
        }

        _dead = 0;
    }
}
