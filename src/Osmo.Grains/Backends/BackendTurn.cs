using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Events;
using Osmo.Grains.Listeners;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>
/// One turn of a backend grain: operations are staged here and become visible together, after they are durable. An operation
/// that throws <see cref="OsmoException"/> has staged nothing.
/// </summary>
internal sealed partial class BackendTurn
{
    private const string GivenAway = "The backend was given to another cluster by an operator.";

    private readonly BackendState _state;
    private readonly DateTimeOffset _now;
    private readonly ListenerStage _listeners;
    private readonly List<(IAgentPort Port, AgentRefusal Reason, string Message)> _refusals = [];
    private BackendRecord? _record;
    private HistoryDraft? _history;
    private AgentSession? _session;
    private bool _sessionOpened;
    private bool _sessionChanged;
    private bool _deleted;
    private bool _keepMessages;
    private BackendCommit? _commit;

    public BackendTurn(BackendState state, DateTimeOffset now)
    {
        _state = state;
        _now = now;
        _listeners = new ListenerStage(state);
        _record = state.View.Record;
        _session = state.Session;
    }

    /// <summary>Whether other node conditions count after the turn.</summary>
    public bool RulesChanged { get; private set; }

    /// <summary>Whether the turn made anything durable, and the store has said with it that the activation has the backend.</summary>
    public bool IsDurable => _commit is { IsEmpty: false };

    /// <summary>Closes the turn: what has to be made durable before <see cref="Publish"/>.</summary>
    /// <param name="activation">The number of the activation that makes the change.</param>
    public BackendCommit Commit(long activation)
    {
        var before = _state.View.Record;
        return _commit = new BackendCommit(_state.Name, activation)
        {
            Creates = before is null && _record is not null,
            Record = _deleted || ReferenceEquals(_record, before) ? null : _record,
            Deleted = _deleted,
            History = _history,
            Heartbeat = _record is not null && before is not null && _state.HeartbeatIsDue ? _state.LastHeartbeat : null,
            MessageMemory = _keepMessages && !_deleted && _record is not null && _state.Messages.Changed ? _state.Messages.ToBytes() : null,
        };
    }

    /// <summary>An agent connects. It is welcomed, and registers the backend where that is new, or it is refused.</summary>
    /// <returns>The session that its reports have to name, or null where it is refused.</returns>
    public AgentSession? Connect(AgentHello hello, IAgentPort port)
    {
        if (!AgentHelloCheck.TryRead(hello, out var registration, out var problem))
        {
            _refusals.Add((port, AgentRefusal.InvalidHello, problem));
            return null;
        }

        if (_record?.Registration.ClusterUid is { } holder && holder != registration.ClusterUid)
        {
            var conflict = AgentHelloCheck.ConflictMessage(_state.Name, holder, registration.ClusterUid);
            _refusals.Add((port, AgentRefusal.ClusterConflict, conflict));
            return null;
        }

        if (_session is { } other && other.Instance != hello.Instance && _now - other.LastHeard < AgentSession.AliveTime)
        {
            _refusals.Add((
                port,
                AgentRefusal.Occupied,
                "Another agent of this cluster is connected; this one waits until it is gone. Run one agent per backend."));
            return null;
        }

        if (_listeners.ListenerIsConnected && _now - _state.LastHeartbeat < AgentSession.AliveTime)
        {
            _refusals.Add((
                port,
                AgentRefusal.Occupied,
                "An OSMO listener of this cluster is connected; this agent waits until it is gone. Run one agent per backend."));
            return null;
        }

        if (_session is { } previous)
        {
            _refusals.Add((previous.Port, AgentRefusal.Superseded, "A newer connection of this backend's agent took over."));
        }

        _listeners.CloseAll(AgentRefusal.Superseded, "Another agent of this cluster took over.");
        Register(registration);
        _session = new AgentSession(Stamp.New(), port, hello.Instance) { LastHeard = _now };
        _sessionOpened = true;
        _sessionChanged = true;
        return _session;
    }

    /// <summary>An agent's connection ended.</summary>
    public void Disconnect(AgentSession session)
    {
        if (ReferenceEquals(session, _session))
        {
            _session = null;
            _sessionChanged = true;
        }
    }

    /// <summary>Ends an agent's session.</summary>
    public void Drop(AgentSession session, AgentRefusal reason, string message)
    {
        _refusals.Add((session.Port, reason, message));
        Disconnect(session);
    }

    /// <summary>Keeps which messages of OSMO agents were taken; what they said is durable.</summary>
    public void KeepMessages() => _keepMessages = true;

    /// <summary>The revision that a request made when it was applied; null where it was not, or has no name.</summary>
    /// <exception cref="OsmoException">A request with the same key asked for something else.</exception>
    public long? Applied(RequestId? request) => _state.Requests.TryFind(request, out var revision) ? revision : null;

    /// <summary>Changes the configuration.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="audit">Who makes it and why.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null where it does not matter.</param>
    /// <returns>False where the change changes nothing: then there is no revision either.</returns>
    /// <exception cref="OsmoException">The backend is unknown, the revision is another one, or a rule is broken.</exception>
    public bool Configure(ConfigEdit edit, Audit audit, long? expectedRevision)
    {
        var isNew = _record is null && edit is MergePatch { Declares: true } && expectedRevision is null;
        var current = isNew ? Declared() : Existing(expectedRevision);
        var next = edit.ApplyTo(current);
        if (next == current && !isNew)
        {
            return false;
        }

        RefuseWhatTheAgentCannotBeTold(current, next);
        if (next.Registration.ClusterUid != current.Registration.ClusterUid && _session is { } session)
        {
            Drop(session, AgentRefusal.ClusterConflict, GivenAway);
        }

        if (next.Registration.ClusterUid != current.Registration.ClusterUid)
        {
            _listeners.CloseAll(AgentRefusal.ClusterConflict, GivenAway);
        }

        Change(next, audit, audit.Description ?? $"{(isNew ? "Declared" : "Updated")} backend '{_state.Name}'");
        if (!next.Config.NodeConditions.Equals(current.Config.NodeConditions))
        {
            RulesChanged = true;
        }

        return true;
    }

    /// <summary>
    /// Deletes the backend and its nodes. A connected agent is told; it registers the backend anew when it connects again.
    /// </summary>
    /// <exception cref="OsmoException">The backend is unknown, or the revision is another one.</exception>
    public void Delete(Audit audit, long? expectedRevision)
    {
        Existing(expectedRevision);
        if (_session is { } session)
        {
            Drop(session, AgentRefusal.Deleted, "The backend was deleted by an operator. Uninstall the agent, or let it register again.");
        }

        _listeners.CloseAll(AgentRefusal.Deleted, "The backend was deleted by an operator. The agent registers it anew.");
        _history = new HistoryDraft(
            audit.Username,
            _now,
            audit.Description ?? $"Deleted backend '{_state.Name}'",
            audit.Tags,
            DocumentJson: null,
            audit.Request);
        _record = null;
        _deleted = true;
    }

    /// <summary>Shows what is durable now, answers the agent and tells watchers.</summary>
    /// <param name="revision">The revision that the store gave; null where the commit had no history entry.</param>
    public void Publish(long? revision)
    {
        if (revision is { } given)
        {
            _record = _record is null ? null : _record with { Revision = given };
            if (_history?.Request is { } request)
            {
                _state.Requests.Add(new AppliedRequest(request, given));
            }
        }

        if (_commit?.Heartbeat is { } written)
        {
            _state.HeartbeatWritten = written;
        }
        else if (_commit is { Creates: true, Record.LastHeartbeat: { } first })
        {
            _state.HeartbeatWritten = first;
        }

        var before = _state.View.Record;
        if (_deleted)
        {
            _state.Forget();
        }

        _state.Show(_record, _session);
        foreach (var (port, reason, message) in _refusals)
        {
            port.Refuse(reason, message);
        }

        if (_session is { } session && _record is not null)
        {
            TellOfLabels(session, before, _record);
        }

        _listeners.Publish(_record, RulesChanged);

        if (_deleted)
        {
            _state.Watchers.Publish(new FleetEvent(FleetEventKind.BackendDeleted, _state.Name, null, null));
        }
        else if (_sessionChanged || _listeners.LinksChanged || !ReferenceEquals(before, _record))
        {
            _state.Watchers.Publish(new FleetEvent(FleetEventKind.BackendChanged, _state.Name, null, _state.View));
        }
    }

    private void TellOfLabels(AgentSession session, BackendRecord? before, BackendRecord record)
    {
        if (!_sessionOpened && (before?.LabelUpdates ?? false) != record.LabelUpdates)
        {
            session.Port.SetLabelPolicy(record.LabelUpdates);
        }
    }

    private void Register(BackendRegistration registration)
    {
        _state.LastHeartbeat = _now;
        if (_record is not { } current)
        {
            var created = new BackendRecord(_state.Name, BackendConfig.Default, registration, Revision: 0, _now, _now);
            Change(created, Audit.System, $"Create backend {_state.Name}");
            return;
        }

        var changed = current with { Registration = registration };
        var shown = registration with
        {
            AgentLabelUpdates = current.Registration.AgentLabelUpdates,
            Protocol = current.Registration.Protocol,
        };
        if (shown == current.Registration)
        {
            // Whether the agent has labels on, and how it speaks, is no part of the document, so it makes no revision.
            _record = changed == current ? current : changed;
            return;
        }

        Change(changed, Audit.System, $"Update backend {_state.Name}: k8s_namespace, version, or node_conditions prefix changed");
    }

    private void Change(BackendRecord next, Audit audit, string description)
    {
        _record = next;
        var document = BackendDocument.ToJson(next with { LastHeartbeat = _state.LastHeartbeat }, _now);
        _history = new HistoryDraft(audit.Username, _now, description, audit.Tags, document, audit.Request);
    }

    /// <summary>A backend whose agent has not connected yet.</summary>
    private BackendRecord Declared() =>
        new(_state.Name, BackendConfig.Default, BackendRegistration.None, Revision: 0, CreatedAt: _now, LastHeartbeat: null);

    private BackendRecord Existing(long? expectedRevision)
    {
        if (_record is not { } record)
        {
            throw new OsmoException(
                ErrorCode.NotFound,
                $"Backend {_state.Name} is not found. A backend appears when its agent connects; see the list of backends for its name.");
        }

        if (expectedRevision is { } expected && expected != record.Revision)
        {
            throw new OsmoException(
                ErrorCode.PreconditionFailed,
                $"Backend {_state.Name} is at revision {record.Revision}, not {expected}. Read it again, make the change on what is "
                    + "there now, and send it with the new ETag.");
        }

        return record;
    }
}
