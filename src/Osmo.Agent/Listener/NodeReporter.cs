using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Turns nodes, verdicts and usage into messages, while the node channel is up and its window has room: what does not fit waits where it
/// comes from, and of a node that changes meanwhile only the newest state is told. Remembers what was told over all connections, so that
/// after a new one only what has changed follows what was not acknowledged.
/// </summary>
internal sealed class NodeReporter(
    NodeStore store,
    NodeJudge judge,
    UsageTable usage,
    ListenerOutbox outbox,
    AsyncSignal changed,
    TimeSpan refreshInterval,
    TimeProvider time) : INodeBatch
{
    /// <summary>After this time a node is told of again even if nothing changed: a service may have lost it.</summary>
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(15);

    // How often it is looked whether something is due that nothing else announces.
    private static readonly TimeSpan ClockInterval = TimeSpan.FromSeconds(1);

    // Of the window a part is kept for what is in use, so that a fleet whose nodes change all the time does not hide it for ever.
    private const int ReservedPart = 4;

    private readonly HostNames _hostNames = new();
    private readonly Dictionary<string, Told> _told = new(StringComparer.Ordinal);
    private readonly HashSet<string> _usageForced = new(StringComparer.Ordinal);
    private int _round;
    private long _refreshedAt = time.GetTimestamp();
    private long _repeatedAt = time.GetTimestamp();
    private long _listsNamed;
    private bool _isBegun;
    private bool _isComplete;
    private bool _areNamesDue;
    private int _reserve;
    private int _added;

    public bool SnapshotBegin { get; set; }

    public bool SnapshotEnd { get; set; }

    public bool IsFull => outbox.Room <= _reserve;

    public bool IsEmpty => _added == 0 && !SnapshotBegin && !SnapshotEnd;

    /// <summary>Reports until cancelled. One call at a time, each on a connection of its own.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using ITimer clock = time.CreateTimer(_ => changed.Set(), null, ClockInterval, ClockInterval);
        while (true)
        {
            Step();
            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Hands on what is due and fits.</summary>
    public void Step()
    {
        if (!_isBegun)
        {
            _isBegun = true;
            store.BeginReport();
        }

        RefreshWhenDue();
        if (judge.IsTold)
        {
            Report();
        }
    }

    public void Clear()
    {
        _added = 0;
        SnapshotBegin = false;
        SnapshotEnd = false;
    }

    public void Add(NodeProjection? current, NodeProjection? sent)
    {
        if (current is null)
        {
            if (sent is not null && _told.Remove(sent.Name, out Told? gone))
            {
                _hostNames.Release(sent.Name);
                _usageForced.Remove(sent.Name);
                Post("delete_resource", ListenerMessages.Deletion(gone.HostName));
            }

            return;
        }

        string hostName = _hostNames.Claim(current);
        Told? before = _told.GetValueOrDefault(current.Name);
        Told now = new(current, hostName, judge.IsAvailable(current), _round) { Usage = before?.Usage };
        byte[] body = now.ToBody();
        if (before is not null && before.HostName != hostName)
        {
            Post("delete_resource", ListenerMessages.Deletion(before.HostName));
            now = now with { Usage = null };
        }

        _told[current.Name] = now;
        if (before is null || before.HostName != hostName || before.Round != _round || !before.ToBody().AsSpan().SequenceEqual(body))
        {
            Post("resource", body);
        }

        if (now.Usage is null)
        {
            usage.Mark(current.Name);
        }
    }

    private void RefreshWhenDue()
    {
        _areNamesDue |= store.Lists != _listsNamed;
        _listsNamed = store.Lists;
        if (time.GetElapsedTime(_refreshedAt) < refreshInterval)
        {
            return;
        }

        _refreshedAt = time.GetTimestamp();
        _areNamesDue = true;
        foreach (string node in _told.Keys)
        {
            _usageForced.Add(node);
            usage.Mark(node);
        }

        if (time.GetElapsedTime(_repeatedAt) >= RepeatInterval)
        {
            _repeatedAt = time.GetTimestamp();
            _round++;
            store.ReportAgain();
        }
    }

    private void Report()
    {
        _reserve = (usage.HasChanges || _areNamesDue) && outbox.Window >= ReservedPart ? outbox.Window / ReservedPart : 0;
        while (!IsFull && store.TryFill(this))
        {
            _isComplete |= SnapshotEnd;
        }

        while (outbox.Room > 0 && usage.TryTake(out string node, out NodeUsage used))
        {
            // A node that the service does not know yet comes again when it is told of.
            if (_told.TryGetValue(node, out Told? told) && (_usageForced.Remove(node) || told.Usage != used))
            {
                _told[node] = told with { Usage = used };
                Post("resource_usage", ListenerMessages.Usage(told.HostName, used));
            }
        }

        // Names that were told of: those that still wait are not among them, and are told of after this.
        if (_areNamesDue && _isComplete && outbox.Room > 0)
        {
            _areNamesDue = false;
            IEnumerable<string> names = _told.Values.Select(told => told.HostName).Distinct();
            Post("node_hash", ListenerMessages.NodeNames(names.Order(StringComparer.Ordinal)));
        }
    }

    private void Post(string type, byte[] body)
    {
        _added++;
        outbox.Add(type, body);
    }

    /// <summary>What the service was last told of a node.</summary>
    private sealed record Told(NodeProjection Node, string HostName, bool IsAvailable, int Round)
    {
        public NodeUsage? Usage { get; init; }

        public byte[] ToBody() => ListenerMessages.Resource(HostName, IsAvailable, Node);
    }
}
