using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>
/// One turn of a backend grain: operations are staged here and become visible together, after they are durable. An operation
/// that throws <see cref="OsmoException"/> has staged nothing.
/// </summary>
public sealed partial class BackendTurn
{
    private const string GivenAway = "The backend was given to another cluster by an operator.";

    private readonly BackendGrain _grain;
    private readonly DateTimeOffset _now;
    private readonly StagedNodes _nodes;
    private readonly ListenerStage _listeners;
    private readonly List<(IAgentPort Port, AgentRefusal Reason, string Message)> _refusals = [];
    private readonly List<LabelReport> _labelReports = [];
    private BackendRecord? _record;
    private HistoryDraft? _history;
    private AgentSession? _session;
    private bool _sessionOpened;
    private bool _sessionChanged;
    private bool _configured;
    private bool _deleted;
    private bool _acknowledge;
    private BackendCommit? _commit;

    internal BackendTurn(BackendGrain grain, DateTimeOffset now)
    {
        _grain = grain;
        _now = now;
        _nodes = new StagedNodes(grain, now);
        _listeners = new ListenerStage(grain);
        _record = grain.View.Record;
        _session = grain.Session;
    }

    /// <summary>
    /// Whether the turn has to end here: a revision is given by the store, and what follows may depend on it; and whoever
    /// configured is answered with what is published, which must be the state that this left and not a later one.
    /// </summary>
    public bool IsComplete => _history is not null || _configured;

    /// <summary>Closes the turn: what has to be made durable before <see cref="Publish"/>.</summary>
    public BackendCommit Commit()
    {
        var recordChanged = !_deleted && !ReferenceEquals(_record, _grain.View.Record);
        var heartbeatDue = _record is not null && _grain.LastHeartbeat is { } heard
            && (_grain.HeartbeatWritten is not { } written || heard - written >= BackendGrain.HeartbeatWriteInterval);
        return _commit = new BackendCommit(_grain.Name)
        {
            Record = recordChanged ? _record : null,
            Deleted = _deleted,
            History = _history,
            Heartbeat = heartbeatDue ? _grain.LastHeartbeat : null,
            MessageMemory = !_deleted && _record is not null && _grain.Messages.Changed ? _grain.Messages.ToBytes() : null,
            NodeWrites = _deleted ? [] : _nodes.Writes,
            NodeDeletions = _deleted ? [] : _nodes.Deletions,
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
            var conflict = AgentHelloCheck.ConflictMessage(_grain.Name, holder, registration.ClusterUid);
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

        if (_listeners.ListenerIsConnected && _now - _grain.LastHeartbeat < AgentSession.AliveTime)
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
        _session = new AgentSession(++_grain.SessionsOpened, port, hello.Instance) { LastHeard = _now };
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

    /// <summary>The agent lives.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="clusterError">Why it cannot watch its cluster at the moment; null while it can.</param>
    public void Heartbeat(AgentSession session, string? clusterError)
    {
        if (ReferenceEquals(session, _session))
        {
            Hear(session, clusterError);
        }
    }

    /// <summary>Takes a batch of node reports. Batches of a session that is no longer the latest are dropped.</summary>
    public void Report(AgentSession session, NodeReportBatch batch)
    {
        if (!ReferenceEquals(session, _session) || _record is null)
        {
            return;
        }

        if (batch.Sequence != session.Sequence + 1)
        {
            Drop(session, $"Batch {batch.Sequence} came after batch {session.Sequence}; batches of a connection count up by one.");
            return;
        }

        Hear(session, clusterError: null);
        session.Sequence = batch.Sequence;
        _acknowledge = true;
        session.InSnapshot |= batch.SnapshotBegin;
        foreach (var report in batch.Reports)
        {
            if (!_nodes.TryStage(report, session.Id))
            {
                Drop(session, $"Node {report.Name} was reported without facts before any were known; report them first.");
                return;
            }
        }

        foreach (var name in batch.Deletions)
        {
            _nodes.Delete(name);
        }

        if (batch.SnapshotEnd && session.InSnapshot)
        {
            _nodes.DeleteUnseen(session.Id);
            session.InSnapshot = false;
            session.SnapshotTaken = true;
            _sessionChanged = true;
        }
    }

    /// <summary>The agent says how label updates went.</summary>
    public void ReportLabels(AgentSession session, IReadOnlyList<LabelReport> reports)
    {
        if (ReferenceEquals(session, _session))
        {
            Hear(session, session.ClusterError);
            _labelReports.AddRange(reports);
        }
    }

    /// <summary>The revision that a request made when it was applied; null where it was not, or has no name.</summary>
    /// <exception cref="OsmoException">A request with the same key asked for something else.</exception>
    public long? Applied(RequestId? request) => _grain.Requests.TryFind(request, out var revision) ? revision : null;

    /// <summary>Changes the configuration.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="audit">Who makes it and why.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null where it does not matter.</param>
    /// <returns>False where the change changes nothing: then there is no revision either.</returns>
    /// <exception cref="OsmoException">The backend is unknown, the revision is another one, or a rule is broken.</exception>
    public bool Configure(ConfigEdit edit, Audit audit, long? expectedRevision)
    {
        var current = Existing(expectedRevision);
        var next = edit.ApplyTo(current);
        _configured = true;
        if (next == current)
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

        Change(next, audit, audit.Description ?? $"Updated backend '{_grain.Name}'");
        if (!next.Config.NodeConditions.Equals(current.Config.NodeConditions))
        {
            _nodes.Rejudge(next.Config.NodeConditions);
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
            audit.Description ?? $"Deleted backend '{_grain.Name}'",
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
                _grain.Requests.Add(new AppliedRequest(request, given));
            }
        }

        if (_commit?.Heartbeat is { } written)
        {
            _grain.HeartbeatWritten = written;
        }

        var before = _grain.View.Record;
        _nodes.Publish(_deleted);
        _grain.Show(_record, _session);
        foreach (var (port, reason, message) in _refusals)
        {
            port.Refuse(reason, message);
        }

        if (_session is { } session && _record is not null)
        {
            Answer(session, before, _record);
        }

        _listeners.Publish(_record, _nodes.Rejudged);

        if (_deleted)
        {
            _grain.Watchers.Publish(new FleetEvent(FleetEventKind.BackendDeleted, _grain.Name, null, null));
        }
        else if (_sessionChanged || _listeners.LinksChanged || !ReferenceEquals(before, _record))
        {
            _grain.Watchers.Publish(new FleetEvent(FleetEventKind.BackendChanged, _grain.Name, null, _grain.View));
        }
    }

    private void Answer(AgentSession session, BackendRecord? before, BackendRecord record)
    {
        var labelsWereOn = before?.LabelUpdates ?? false;
        if (_sessionOpened)
        {
            session.Port.Welcome(record.LabelUpdates);
        }
        else if (labelsWereOn != record.LabelUpdates)
        {
            session.Port.SetLabelPolicy(record.LabelUpdates);
        }

        if (_acknowledge)
        {
            session.Port.Acknowledge(session.Sequence);
        }

        // A question belongs to the connection that it was asked on, and to the switch being on. Only when one of them changes:
        // this walks over every node, and labels are off by default.
        if (_sessionOpened || (labelsWereOn && !record.LabelUpdates))
        {
            foreach (var node in _grain.Nodes.Nodes)
            {
                node.ForgetLabelUpdate();
            }
        }

        if (record.LabelUpdates)
        {
            var everyNode = !labelsWereOn || _nodes.Rejudged;
            session.FanOutLabels(_labelReports, everyNode ? _grain.Nodes.Nodes : _nodes.Published, _grain.Nodes);
        }
    }

    private void Register(BackendRegistration registration)
    {
        _grain.LastHeartbeat = _now;
        if (_record is not { } current)
        {
            var created = new BackendRecord(_grain.Name, BackendConfig.Default, registration, Revision: 0, _now, _now);
            Change(created, Audit.System, $"Create backend {_grain.Name}");
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

        Change(changed, Audit.System, $"Update backend {_grain.Name}: k8s_namespace, version, or node_conditions prefix changed");
    }

    private void Change(BackendRecord next, Audit audit, string description)
    {
        _record = next;
        var document = BackendDocument.ToJson(next with { LastHeartbeat = _grain.LastHeartbeat }, _now);
        _history = new HistoryDraft(audit.Username, _now, description, audit.Tags, document, audit.Request);
    }

    private BackendRecord Existing(long? expectedRevision)
    {
        if (_record is not { } record)
        {
            throw new OsmoException(
                ErrorCode.NotFound,
                $"Backend {_grain.Name} is not found. A backend appears when its agent connects; see the list of backends for its name.");
        }

        if (expectedRevision is { } expected && expected != record.Revision)
        {
            throw new OsmoException(
                ErrorCode.PreconditionFailed,
                $"Backend {_grain.Name} is at revision {record.Revision}, not {expected}. Read it again, make the change on what is "
                    + "there now, and send it with the new ETag.");
        }

        return record;
    }

    private void Hear(AgentSession session, string? clusterError)
    {
        _sessionChanged |= session.ClusterError != clusterError;
        session.ClusterError = clusterError;
        session.LastHeard = _now;
        _grain.LastHeartbeat = _now;
    }

    private void Drop(AgentSession session, string problem) => Drop(session, AgentRefusal.ProtocolError, problem);

    private void Drop(AgentSession session, AgentRefusal reason, string message)
    {
        _refusals.Add((session.Port, reason, message));
        Disconnect(session);
    }
}
