using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Agents;
using Osmo.Grains.Events;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Nodes;

/// <summary>
/// The nodes of a backend as they are published, and what judging them needs. The backend's grain makes one when it loads the backend and
/// closes it when it ends; the grains of the nodes, which run on the same silo, share it.
/// <para>
/// Invariants: an entry shows only what is durable; only the node's grain changes an entry; the verdict of an entry is what the rules in
/// force say of its conditions, or its node's grain is about to be asked to judge it again.
/// </para>
/// </summary>
public sealed class Roster : IDisposable
{
    private readonly Lock _gate = new();
    private readonly NodeIndex _nodes = new();
    private readonly ConcurrentDictionary<IGrainContext, byte> _awake = [];
    private readonly IFleetEventSink _events;
    private readonly CancellationTokenSource _closed = new();
    private ConditionSetPool _sets;
    private ConditionPolicy _policy;
    private volatile BackendRecord? _record;
    private volatile AgentSession? _session;
    private volatile OsmoException? _end;
    private volatile bool _lost;
    private volatile Task _configuring = Task.CompletedTask;
    private long _labelRound;

    internal Roster(BackendName backend, long activation, NodeConditionRules rules, IFleetEventSink events)
    {
        Backend = backend;
        Activation = activation;
        _events = events;
        var table = new ConditionTable();
        _sets = new ConditionSetPool(table);
        _policy = new ConditionPolicy(rules, table);
    }

    /// <summary>The backend.</summary>
    public BackendName Backend { get; }

    /// <summary>The number of the activation that has the backend in the store; every write of its nodes names it.</summary>
    public long Activation { get; }

    /// <summary>Number of nodes.</summary>
    public int Count => _nodes.Count;

    /// <summary>Why the roster is closed; null while it is in use.</summary>
    internal OsmoException? End => _end;

    /// <summary>Whether a write of a node has failed: the backend's grain is about to be told, and to close the roster.</summary>
    internal bool IsLost
    {
        get => _lost;
        set => _lost = value;
    }

    /// <summary>
    /// The change of the configuration that is being made durable. Reads wait for it: somebody may have seen it in the store already.
    /// </summary>
    internal Task Configuring
    {
        get => _configuring;
        set => _configuring = value;
    }

    /// <summary>
    /// Cancelled when the roster is closed. Whoever waits for a node has to stop then: the node may be on its way to where the backend's
    /// grain is next, and that begins only when this one has nothing to wait for.
    /// </summary>
    internal CancellationToken Closed => _closed.Token;

    internal BackendRecord? Record => _record;

    internal AgentSession? Session => _session;

    /// <summary>When the nodes were last watched.</summary>
    internal LastWatch Watch { get; } = new();

    /// <summary>Every node, in no order.</summary>
    internal IEnumerable<NodeEntry> Nodes => _nodes.Nodes;

    /// <summary>
    /// Questions about labels belong to a round: a session of the agent while label updates are on. What was asked in another one is
    /// forgotten.
    /// </summary>
    internal long LabelRound => Volatile.Read(ref _labelRound);

    internal NodeEntry[] Sorted() => _nodes.Sorted();

    internal bool TryGet(string node, [NotNullWhen(true)] out NodeEntry? entry) => _nodes.TryGet(node, out entry);

    /// <summary>Puts a node in as the store has it.</summary>
    internal void Load(StoredNode node)
    {
        var conditions = Share(node.Conditions.AsSpan());
        _nodes.Add(new NodeEntry(new NodeSnapshot(
            node.Name, node.Uid, node.Unschedulable, conditions, node.Facts, node.Available, node.AvailableSince, node.VerifiedLabel)
        {
            Version = node.Version,
            AgentVerdict = node.AgentVerdict,
            Usage = node.Usage,
        }));
    }

    /// <summary>Takes over the backend's record and its agent's session, after they are durable.</summary>
    internal void Show(BackendRecord record, AgentSession? session)
    {
        lock (_gate)
        {
            if (!_policy.Rules.Equals(record.Config.NodeConditions))
            {
                _policy = new ConditionPolicy(record.Config.NodeConditions, _sets.Table);
            }

            if (!ReferenceEquals(session, _session) || (_record?.LabelUpdates ?? false) != record.LabelUpdates)
            {
                Volatile.Write(ref _labelRound, Stamp.New());
            }

            _record = record;
            _session = session;
        }
    }

    /// <summary>A node's grain is awake here; it is let go when the roster is closed.</summary>
    internal void Enter(IGrainContext node) => _awake.TryAdd(node, 0);

    internal void Leave(IGrainContext node) => _awake.TryRemove(node, out _);

    /// <inheritdoc/>
    public void Dispose() => _closed.Dispose();

    /// <summary>The backend's grain ends, or has lost the backend: nothing may be written under this roster any more.</summary>
    internal void Close(OsmoException end)
    {
        _end = end;
        foreach (var node in _awake.Keys)
        {
            node.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, end.Message));
        }

        _closed.Cancel();
    }

    /// <summary>Judges what an agent reports.</summary>
    /// <param name="report">The report.</param>
    /// <param name="before">The node as it is; null if it is new. The report's facts may be left out only if it is not.</param>
    /// <param name="now">The time of the change, if it is one.</param>
    internal Judgement Judge(NodeReport report, NodeSnapshot? before, DateTimeOffset now)
    {
        lock (_gate)
        {
            var conditions = before is not null && before.Conditions.Matches(report.Conditions.AsSpan())
                ? Rehomed(before.Conditions)
                : Share(report.Conditions.AsSpan());
            var after = new NodeSnapshot(
                report.Name,
                report.Uid.Length == 0 ? before?.Uid ?? "" : report.Uid,
                report.Unschedulable,
                conditions,
                report.Facts is null || report.Facts.Equals(before?.Facts) ? before!.Facts : report.Facts,
                before?.Available ?? false,
                before?.AvailableSince ?? now,
                report.VerifiedLabel)
            {
                Version = before?.Version ?? 0,
                AgentVerdict = report.AgentVerdict,

                // An agent that leaves the verdict to the grain does not report what is in use either: what another said grows old.
                Usage = report.AgentVerdict is null ? null : before?.Usage,
            };
            return Verdict(after, now);
        }
    }

    /// <summary>Judges a node again by the rules in force.</summary>
    internal Judgement Judge(NodeSnapshot node, DateTimeOffset now)
    {
        lock (_gate)
        {
            return Verdict(node with { Conditions = Rehomed(node.Conditions) }, now);
        }
    }

    /// <summary>Whether a verdict was made by other rules than those in force.</summary>
    internal bool IsOutdated(NodeConditionRules rules)
    {
        lock (_gate)
        {
            return !ReferenceEquals(rules, _policy.Rules);
        }
    }

    /// <summary>Shows what is durable now of a node, and tells watchers.</summary>
    /// <param name="entry">The node's entry; null if it is new.</param>
    /// <param name="next">The node.</param>
    /// <returns>The entry.</returns>
    internal NodeEntry Publish(NodeEntry? entry, NodeSnapshot next)
    {
        lock (_gate)
        {
            next = ReferenceEquals(next.Conditions.Table, _sets.Table) ? next : next with { Conditions = Rehomed(next.Conditions) };
            if (entry is null)
            {
                _nodes.Add(entry = new NodeEntry(next));
            }
            else
            {
                entry.Publish(next);
            }
        }

        _events.Publish(new FleetEvent(FleetEventKind.NodeChanged, Backend, next, null));
        return entry;
    }

    /// <summary>A node's row is gone.</summary>
    internal void Remove(NodeEntry entry)
    {
        _nodes.Remove(entry.Current.Name);
        _events.Publish(new FleetEvent(FleetEventKind.NodeDeleted, Backend, entry.Current, null));
    }

    /// <summary>Asks the agent for the label of a node, if it differs from the wanted one and is not on its way already.</summary>
    internal void AskForLabel(NodeEntry entry)
    {
        if (LabelSession(entry) is { } session && entry.DecideLabel(LabelRound) is { } value)
        {
            session.Port.UpdateLabel(new LabelUpdate(entry.Current.Name, entry.Current.Uid, value));
        }
    }

    /// <summary>Whether there is something to say about a node's label.</summary>
    internal bool HasLabelToAskFor(NodeEntry entry) => LabelSession(entry) is not null && entry.HasLabelToDecide(LabelRound);

    /// <summary>
    /// The nodes that have something to do: their verdict is not what the rules in force say, or their label is to be asked for. One pass
    /// over the roster: milliseconds for 100,000 nodes.
    /// </summary>
    internal ImmutableArray<string> FindToReview()
    {
        var names = ImmutableArray.CreateBuilder<string>();
        lock (_gate)
        {
            foreach (var entry in _nodes.Nodes)
            {
                var node = entry.Current;
                if (IsAvailable(node) != node.Available || HasLabelToAskFor(entry))
                {
                    names.Add(node.Name);
                }
            }
        }

        return names.DrainToImmutable();
    }

    /// <summary>
    /// Labels are compared only of nodes that the agent's session has reported: of others it is not known what they carry.
    /// </summary>
    private AgentSession? LabelSession(NodeEntry entry) =>
        _session is { } session && _record is { LabelUpdates: true } && entry.SeenInSession == session.Id ? session : null;

    private Judgement Verdict(NodeSnapshot node, DateTimeOffset now)
    {
        var available = IsAvailable(node);
        return new Judgement(
            available == node.Available ? node : node with { Available = available, AvailableSince = now }, _policy.Rules);
    }

    private bool IsAvailable(NodeSnapshot node) =>
        _policy.IsAvailable(node.Conditions.Ids, node.Unschedulable) && node.AgentVerdict != false;

    /// <summary>The table of conditions may have been made again since the set was made.</summary>
    private ConditionSet Rehomed(ConditionSet set) => ReferenceEquals(set.Table, _sets.Table) ? set : Share(set.ToPairs());

    private ConditionSet Share(ReadOnlySpan<ConditionPair> conditions)
    {
        while (true)
        {
            if (_sets.TryShare(conditions, out var set))
            {
                return set;
            }

            CompactConditions(conditions.Length);
        }
    }

    /// <summary>
    /// The table of conditions is full: nodes came and went with types of their own. Keep what live nodes use, and leave room for as much
    /// again, so that this happens rarely however odd the fleet is.
    /// </summary>
    private void CompactConditions(int needed)
    {
        var old = _sets.Table;
        var live = new HashSet<int>();
        foreach (var entry in _nodes.Nodes)
        {
            foreach (var id in entry.Current.Conditions.Ids)
            {
                live.Add(id);
            }
        }

        var pairsMax = Math.Max(ConditionTable.PairsMaxDefault, 2 * (live.Count + needed));
        _sets = new ConditionSetPool(old.KeepOnly(live, pairsMax, out var newIds));
        _policy = new ConditionPolicy(_policy.Rules, _sets.Table);
        foreach (var entry in _nodes.Nodes)
        {
            var ids = entry.Current.Conditions.Ids.ToArray();
            for (var i = 0; i < ids.Length; i++)
            {
                ids[i] = newIds[ids[i]];
            }

            entry.Publish(entry.Current with { Conditions = _sets.Share(ids) });
        }
    }
}

/// <summary>A node as it is judged, before that is durable.</summary>
/// <param name="Node">The node with its verdict.</param>
/// <param name="Rules">The rules that it was judged by.</param>
internal readonly record struct Judgement(NodeSnapshot Node, NodeConditionRules Rules);
