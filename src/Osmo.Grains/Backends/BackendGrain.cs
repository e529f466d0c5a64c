using Osmo.Grains.Availability;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>
/// One compute backend: its configuration, its agent and its nodes. Pure: it does no I/O and knows no clock.
/// <para>
/// The engine runs it in turns. A turn (<see cref="BackendTurn"/>) takes any number of operations, which see each other's
/// effects but change nothing that is published; then the engine makes <see cref="BackendTurn.Commit"/> durable; then
/// <see cref="BackendTurn.Publish"/> swaps the new state in, answers the agent and tells watchers. If the commit fails the
/// engine throws the grain away and loads it again, so memory never claims what the store does not have.
/// </para>
/// <para>
/// Invariants: only the engine's turn loop calls anything here but the members that say otherwise; at most one turn exists at a
/// time; <see cref="View"/> and every <see cref="NodeGrain.Current"/> show only what is durable; the verdict of every published
/// node is what the published policy says of its conditions.
/// </para>
/// </summary>
public sealed class BackendGrain
{
    /// <summary>How often the time of the last heartbeat is written while nothing else is.</summary>
    public static readonly TimeSpan HeartbeatWriteInterval = TimeSpan.FromSeconds(15);

    private volatile BackendView _view;

    /// <summary>Activates the grain of a backend.</summary>
    /// <param name="name">The backend's name.</param>
    /// <param name="loaded">What the store has of it.</param>
    /// <param name="watchers">Who is told of changes.</param>
    public BackendGrain(BackendName name, LoadedBackend loaded, IFleetEventSink watchers)
    {
        var stored = loaded.Backend;
        Requests = new RequestLog(loaded.Requests);
        Name = name;
        Watchers = watchers;
        var table = new ConditionTable();
        Sets = new ConditionSetPool(table);
        Policy = new ConditionPolicy(stored?.Record.Config.NodeConditions ?? NodeConditionRules.Default, table);
        LastHeartbeat = stored?.Record.LastHeartbeat;
        HeartbeatWritten = LastHeartbeat;
        _view = new BackendView(stored?.Record, LastHeartbeat, null, null);
        Messages = new MessageMemory(stored is null ? default : stored.MessageMemory.Span);
        foreach (var node in stored?.Nodes ?? [])
        {
            var conditions = Share(node.Conditions.AsSpan());
            var available = Policy.IsAvailable(conditions.Ids, node.Unschedulable) && node.AgentVerdict != false;
            Nodes.Add(new NodeGrain(new NodeSnapshot(
                node.Name, node.Uid, node.Unschedulable, conditions, node.Facts, available, AvailableSince: null, node.VerifiedLabel)
            {
                AgentVerdict = node.AgentVerdict,
                Usage = node.Usage,
            }));
        }
    }

    /// <summary>The backend's name.</summary>
    public BackendName Name { get; }

    /// <summary>The backend as it is durably known; safe to read from any thread.</summary>
    public BackendView View => _view;

    /// <summary>Number of nodes; safe to read from any thread, and then a moment old.</summary>
    public int NodeCount => Nodes.Count;

    internal IFleetEventSink Watchers { get; }

    internal NodeIndex Nodes { get; } = new();

    internal RequestLog Requests { get; }

    internal ConditionSetPool Sets { get; private set; }

    internal ConditionPolicy Policy { get; private set; }

    internal AgentSession? Session { get; private set; }

    internal long SessionsOpened { get; set; }

    /// <summary>Connections of OSMO agents.</summary>
    internal List<ListenerLink> Links { get; } = [];

    internal MessageMemory Messages { get; private set; }

    internal DateTimeOffset? LastHeartbeat { get; set; }

    internal DateTimeOffset? HeartbeatWritten { get; set; }

    /// <summary>Begins a turn.</summary>
    /// <param name="now">The time of everything that happens in it.</param>
    public BackendTurn BeginTurn(DateTimeOffset now) => new(this, now);

    /// <summary>The grain goes away: its agent has to begin anew with the next activation.</summary>
    /// <param name="moves">Whether the backend goes on in another process, to which the agent's connection can be joined.</param>
    /// <param name="why">The reason, in words.</param>
    public void Deactivate(bool moves, string why)
    {
        var reason = moves ? AgentRefusal.Moved : AgentRefusal.Unavailable;
        Session?.Port.Refuse(reason, why);
        Links.ForEach(link => link.Port.Refuse(reason, why));
    }

    internal ConditionSet Share(ReadOnlySpan<ConditionPair> conditions)
    {
        while (true)
        {
            if (Sets.TryShare(conditions, out var set))
            {
                return set;
            }

            CompactConditions(conditions.Length);
        }
    }

    internal void Show(BackendRecord? record, AgentSession? session)
    {
        Session = session;
        bool? synced = session is { } own ? own.SnapshotTaken
            : Links.Exists(link => link.IsListeners) ? Links.Exists(link => link.ReportsNodes) : null;
        _view = new BackendView(record, LastHeartbeat, synced, session?.ClusterError);
    }

    internal void SetPolicy(ConditionPolicy policy) => Policy = policy;

    internal void RemoveNodes()
    {
        Nodes.Clear();
        Policy = new ConditionPolicy(NodeConditionRules.Default, Sets.Table);
        LastHeartbeat = null;
        HeartbeatWritten = null;
        Messages = new MessageMemory([]);
    }

    /// <summary>
    /// The table of conditions is full: nodes came and went with types of their own. Keep what live nodes use, and leave room
    /// for as much again, so that this happens rarely however odd the fleet is.
    /// </summary>
    private void CompactConditions(int needed)
    {
        var old = Sets.Table;
        var live = new HashSet<int>();
        foreach (var node in Nodes.Nodes)
        {
            foreach (var id in node.Current.Conditions.Ids)
            {
                live.Add(id);
            }
        }

        var pairsMax = Math.Max(ConditionTable.PairsMaxDefault, 2 * (live.Count + needed));
        Sets = new ConditionSetPool(old.KeepOnly(live, pairsMax, out var newIds));
        Policy = new ConditionPolicy(Policy.Rules, Sets.Table);
        foreach (var node in Nodes.Nodes)
        {
            var ids = node.Current.Conditions.Ids.ToArray();
            for (var i = 0; i < ids.Length; i++)
            {
                ids[i] = newIds[ids[i]];
            }

            node.Publish(node.Current with { Conditions = Sets.Share(ids) });
        }
    }
}
