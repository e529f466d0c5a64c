using Microsoft.Extensions.Logging;

namespace Osmo.Kubernetes;

/// <summary>
/// What a reflector knows and what it has told its sink. Written by the reflector alone; the state is read from anywhere.
/// </summary>
internal sealed class ReflectorStore(INodeSink sink, TimeProvider time, ILogger logger)
{
    private readonly Lock _stateLock = new();
    private ReflectorState _state = new();

    // Counted per event, folded into the state once per batch of lines.
    private long _applied;
    private long _unchanged;
    private long _bookmarks;
    private long _malformed;

    public KnownNodes Known { get; } = new();

    public string ResourceVersion { get; private set; } = "";

    public ReflectorState State
    {
        get
        {
            lock (_stateLock)
            {
                return _state;
            }
        }
    }

    /// <summary>Brings known set and sink to what a list says: the first list as a whole, later ones as differences.</summary>
    public void Apply(NodeList list, bool isStreamed = false)
    {
        bool isFirst = !State.IsSynced;
        foreach (MalformedNode malformed in list.Malformed)
        {
            Count(malformed);
        }

        (int changed, int deleted) = isFirst ? (ApplyFirst(list), 0) : ApplyDifference(list);
        ResourceVersion = list.ResourceVersion;
        sink.Synced();
        DateTimeOffset now = time.GetUtcNow();
        Publish(state => state with
        {
            IsSynced = true,
            LastSyncAt = now,
            Lists = state.Lists + 1,
            StreamedLists = state.StreamedLists + (isStreamed ? 1 : 0),
        });
        RecordSuccess();
        KubernetesLog.Listed(logger, list.Nodes.Count, list.ResourceVersion, changed, deleted);
    }

    /// <summary>Takes one event; the version moves on whatever became of its node.</summary>
    public void Apply(in WatchEvent watchEvent)
    {
        if (watchEvent is { Malformed: { } malformed, IsUnchanged: false })
        {
            Count(malformed);
        }

        if (watchEvent.Type == WatchEventType.Bookmark)
        {
            _bookmarks++;
        }
        else if (watchEvent.Node is not { } node)
        {
            // It has no name.
        }
        else if (watchEvent.Type == WatchEventType.Deleted)
        {
            if (Known.Find(node.Name) is { } known && known.Uid == node.Uid)
            {
                Delete(known);
                _applied++;
            }
            else
            {
                _unchanged++;
            }
        }
        else if (watchEvent.IsUnchanged)
        {
            _unchanged++;
        }
        else
        {
            Upsert(node);
            _applied++;
        }

        if (watchEvent.ResourceVersion.Length > 0)
        {
            ResourceVersion = watchEvent.ResourceVersion;
        }
    }

    /// <summary>Makes what the last events changed visible in the state.</summary>
    public void PublishBatch() => Publish(state => state);

    public void RecordWatch() => Publish(state => state with { Watches = state.Watches + 1 });

    public void RecordBrokenLine() => Publish(state => state with { BrokenLines = state.BrokenLines + 1 });

    public void RecordFailure(KubernetesApiException e) => Publish(state => state with
    {
        ConsecutiveFailures = state.ConsecutiveFailures + 1,
        LastError = e.Message,
        LastFailure = e.Failure,
        Expired = state.Expired + (e.Failure == KubernetesFailure.Expired ? 1 : 0),
    });

    public void RecordSuccess()
    {
        int failures = State.ConsecutiveFailures;
        if (failures > 0)
        {
            Publish(state => state with { ConsecutiveFailures = 0 });
            KubernetesLog.Recovered(logger, failures);
        }
    }

    /// <summary>How many nodes a list at the same version shows differently.</summary>
    public int CountDifferences(NodeList list)
    {
        // A list decoded against the known set returns the known instance for every node that agrees.
        int same = list.Nodes.Count(node => ReferenceEquals(node, Known.Find(node.Name)));
        int differences = Math.Max(list.Nodes.Count, Known.Count) - same;
        Publish(state => state with { Inconsistencies = state.Inconsistencies + Math.Max(0, differences) });
        return Math.Max(0, differences);
    }

    private int ApplyFirst(NodeList list)
    {
        foreach (NodeProjection node in list.Nodes)
        {
            Known.Set(node);
        }

        sink.Replace(list.Nodes);
        return list.Nodes.Count;
    }

    private (int Changed, int Deleted) ApplyDifference(NodeList list)
    {
        HashSet<string> listed = new(list.Nodes.Count, StringComparer.Ordinal);
        int changed = 0;
        foreach (NodeProjection node in list.Nodes)
        {
            listed.Add(node.Name);
            if (!ReferenceEquals(node, Known.Find(node.Name)))
            {
                Upsert(node);
                changed++;
            }
        }

        NodeProjection[] gone = [.. Known.All.Where(node => !listed.Contains(node.Name))];
        Array.ForEach(gone, Delete);
        return (changed, gone.Length);
    }

    private void Upsert(NodeProjection node)
    {
        if (Known.Find(node.Name) is { } before && before.Uid != node.Uid)
        {
            Delete(before);
        }

        Known.Set(node);
        sink.Upsert(node);
    }

    private void Delete(NodeProjection node)
    {
        Known.Remove(node.Name);
        sink.Delete(node.Name, node.Uid);
    }

    private void Count(MalformedNode malformed)
    {
        _malformed++;
        KubernetesLog.Malformed(logger, malformed);
    }

    private void Publish(Func<ReflectorState, ReflectorState> change)
    {
        lock (_stateLock)
        {
            _state = change(_state) with
            {
                LastResourceVersion = ResourceVersion,
                Nodes = Known.Count,
                EventsApplied = _applied,
                EventsUnchanged = _unchanged,
                Bookmarks = _bookmarks,
                MalformedNodes = _malformed,
            };
        }
    }
}
