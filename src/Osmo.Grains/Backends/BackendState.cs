using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Events;
using Osmo.Grains.Listeners;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>
/// A backend but its nodes: its record, the sessions of its agents, the requests and messages that it has taken. Pure: it does no I/O and
/// knows no clock.
/// <para>
/// It changes in turns (<see cref="BackendTurn"/>): operations are staged, then <see cref="BackendTurn.Commit"/> is made durable, then
/// <see cref="BackendTurn.Publish"/> shows the new state and tells the agent and watchers. If the commit fails, the state is thrown away
/// and loaded again, so memory never claims what the store does not have. At most one turn exists at a time.
/// </para>
/// </summary>
internal sealed class BackendState
{
    public BackendState(BackendName name, LoadedBackend loaded, IFleetEventSink watchers)
    {
        Name = name;
        Watchers = watchers;
        Requests = new RequestLog(loaded.Requests);
        LastHeartbeat = loaded.Backend?.Record.LastHeartbeat;
        HeartbeatWritten = LastHeartbeat;
        Messages = new MessageMemory(loaded.Backend is { } stored ? stored.MessageMemory.Span : default);
        View = new BackendView(loaded.Backend?.Record, LastHeartbeat, null, null);
    }

    public BackendName Name { get; }

    /// <summary>The backend as it is durably known.</summary>
    public BackendView View { get; private set; }

    public IFleetEventSink Watchers { get; }

    public RequestLog Requests { get; }

    public AgentSession? Session { get; private set; }

    /// <summary>Connections of OSMO agents.</summary>
    public List<ListenerLink> Links { get; } = [];

    public MessageMemory Messages { get; private set; }

    public DateTimeOffset? LastHeartbeat { get; set; }

    public DateTimeOffset? HeartbeatWritten { get; set; }

    /// <summary>Whether the time of the last heartbeat is to be written.</summary>
    public bool HeartbeatIsDue => View.Record is not null && LastHeartbeat is { } heard
        && (HeartbeatWritten is not { } written || heard - written >= BackendRecord.HeartbeatWriteInterval);

    /// <summary>Begins a turn.</summary>
    /// <param name="now">The time of everything that happens in it.</param>
    public BackendTurn BeginTurn(DateTimeOffset now) => new(this, now);

    public AgentSession? FindSession(long session) => Session is { } agent && agent.Id == session ? agent : null;

    public ListenerLink? FindLink(long session) => Links.Find(link => link.Id == session);

    /// <summary>An agent was heard of. True if that changes what is shown.</summary>
    public bool Hear(AgentSession session, string? clusterError, DateTimeOffset now)
    {
        var changed = session.ClusterError != clusterError;
        session.ClusterError = clusterError;
        session.LastHeard = now;
        LastHeartbeat = now;
        return changed;
    }

    /// <summary>Shows a record and a session, and what is known of the agents now.</summary>
    public void Show(BackendRecord? record, AgentSession? session)
    {
        Session = session;
        bool? synced = session is { } own ? own.SnapshotTaken
            : Links.Exists(link => link.IsListeners) ? Links.Exists(link => link.ReportsNodes) : null;
        View = new BackendView(record, LastHeartbeat, synced, session?.ClusterError);
    }

    /// <summary>Shows what is known of the agents now, and tells watchers.</summary>
    public void ShowAgents()
    {
        Show(View.Record, Session);
        Watchers.Publish(new FleetEvent(FleetEventKind.BackendChanged, Name, null, View));
    }

    /// <summary>Ends every session.</summary>
    public void EndSessions(AgentRefusal reason, string why)
    {
        Session?.Port.Refuse(reason, why);
        Links.ForEach(link => link.Port.Refuse(reason, why));
    }

    /// <summary>The backend was deleted: a new one of its name begins without what this one knew.</summary>
    public void Forget()
    {
        LastHeartbeat = null;
        HeartbeatWritten = null;
        Messages = new MessageMemory([]);
    }
}
