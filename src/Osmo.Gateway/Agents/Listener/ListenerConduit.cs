using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Domain.Listeners;
using Osmo.Gateway.Calls;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// One connection of an OSMO agent: turns its messages into reports to the grain of its backend, and the grain's answers into frames.
/// <para>
/// States: Strange -> Known -> Ended. Until it has introduced itself (<c>init</c>) an agent may log; other messages wait, because a
/// message left over from its last connection may come first. Known ends with the connection, with a refusal, and with the session: such
/// an agent never goes on with another one on the same connection.
/// </para>
/// What cannot be understood is logged and acknowledged all the same: not acknowledged it would come again for ever, and stop everything
/// behind it.
/// </summary>
internal sealed class ListenerConduit : IAgentConduit
{
    private const int EarlyFramesMax = 100;

    private static readonly TimeSpan WorkerHeartbeatInterval = TimeSpan.FromSeconds(60);

    /// <summary>How long the grain is asked while the agent waits: coming again with a new connection would cost it more.</summary>
    private static readonly TimeSpan JoinTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly ListenerChannel _channel;
    private readonly BackendName _backend;
    private readonly ListenerScene _scene;
    private readonly ListenerOutbox _outbox;
    private readonly AgentLogLines _log;
    private readonly ITimer? _workerHeartbeat;
    private readonly List<byte[]> _early = [];
    private NodeMessageReader? _reader;
    private ListenerSession? _session;
    private volatile bool _ended;

    public ListenerConduit(BackendName backend, ListenerChannel channel, IAgentFrameSink sink, ListenerScene scene)
    {
        _backend = backend;
        _channel = channel;
        _scene = scene;
        _log = new AgentLogLines(backend.Value, scene.Time, scene.Logger);
        _outbox = new ListenerOutbox(sink, OnRefused, loss => ListenerLog.ConditionsLost(scene.Logger, _backend.Value, loss));
        if (channel == ListenerChannel.Worker)
        {
            _workerHeartbeat = scene.Time.CreateTimer(_ => _outbox.SendWorkerHeartbeat(), null, TimeSpan.Zero, WorkerHeartbeatInterval);
        }
    }

    /// <summary>Nothing is acknowledged on these: an agent keeps nothing of what it sends there.</summary>
    private bool Acknowledges => _channel is not (ListenerChannel.Control or ListenerChannel.Worker);

    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return;
        }

        await _outbox.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        if (!ListenerFrame.TryRead(frame, out var message, out var problem))
        {
            _scene.Metrics.MessageUnusable();
            _outbox.Refuse(AgentRefusal.ProtocolError, problem);
            await LeaveAsync().ConfigureAwait(false);
            return;
        }

        using (message)
        {
            await HandleAsync(message, frame, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_workerHeartbeat is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        await LeaveAsync().ConfigureAwait(false);
        await _outbox.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask HandleAsync(ListenerFrame message, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        _scene.Metrics.MessageReceived(message.Type);
        if (_session is { } session)
        {
            await TakeAsync(session, message, frame.Length, cancellationToken).ConfigureAwait(false);
        }
        else if (message.Type == "init")
        {
            await GreetAsync(message, cancellationToken).ConfigureAwait(false);
        }
        else if (message.Type == "logging")
        {
            TakeLog(message);
        }
        else if (_early.Count < EarlyFramesMax)
        {
            _early.Add(frame.ToArray());
        }
        else
        {
            _outbox.Refuse(AgentRefusal.ProtocolError, $"The connection did not introduce itself (init) within {EarlyFramesMax} messages.");
        }
    }

    private async ValueTask GreetAsync(ListenerFrame init, CancellationToken cancellationToken)
    {
        if (ListenerIntroduction.Read(_channel, init.Body) is not { } hello)
        {
            _outbox.Refuse(
                AgentRefusal.InvalidHello,
                "The body of init has to hold the texts k8s_uid, k8s_namespace, version and node_condition_prefix.");
            return;
        }

        _outbox.Understands(ListenerGenerations.Of(hello.Version));
        if (await JoinAsync(hello, cancellationToken).ConfigureAwait(false) is not { } session)
        {
            return;
        }

        // One line for the five connections of a listener.
        var level = _channel is ListenerChannel.Node or ListenerChannel.Message or ListenerChannel.Worker
            ? LogLevel.Information
            : LogLevel.Debug;
        ListenerLog.Connected(_scene.Logger, level, _backend.Value, _channel.ToString(), hello.ClusterUid, hello.Version);
        var (labelKey, isLegal) = ListenerIntroduction.LabelKey(hello.Prefix);
        if (!isLegal && _channel == ListenerChannel.Node)
        {
            ListenerLog.OddPrefix(_scene.Logger, _backend.Value, labelKey);
        }

        _reader = new NodeMessageReader(labelKey);
        _session = session;
        session.Begin();
        foreach (var early in _early)
        {
            if (ListenerFrame.TryRead(early, out var message, out _))
            {
                using (message)
                {
                    await TakeAsync(session, message, early.Length, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        _early.Clear();
    }

    /// <summary>Joins the agent to the grain, and keeps trying for a while; null if the connection is to end.</summary>
    private async Task<ListenerSession?> JoinAsync(ListenerHello hello, CancellationToken cancellationToken)
    {
        var began = _scene.Time.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            var (session, reason, message) = await TryJoinAsync(hello, cancellationToken).ConfigureAwait(false);
            if (session is not null)
            {
                return session;
            }

            if (reason is not (AgentRefusal.Moved or AgentRefusal.Unavailable) || _scene.Time.GetElapsedTime(began) >= JoinTime)
            {
                _outbox.Refuse(reason, message);
                return null;
            }

            GatewayLog.AgentJoinsAgain(_scene.Logger, _backend, failures, message);
            await Task.Delay(Backoff.Pause(PauseFirst, PauseMax, failures), _scene.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(ListenerSession? Session, AgentRefusal Reason, string Message)> TryJoinAsync(
        ListenerHello hello, CancellationToken cancellationToken)
    {
        var session = new ListenerSession(_backend, _scene.Grains, _outbox, _scene.Time, _scene.Logger);
        try
        {
            var answer = await session.ConnectAsync(hello, cancellationToken).ConfigureAwait(false);
            if (answer.Refusal is not { } refusal)
            {
                return (session, default, "");
            }

            session.Abandon();
            return (null, refusal, answer.Message);
        }
        catch (Exception failure)
        {
            session.Abandon();
            cancellationToken.ThrowIfCancellationRequested();
            if (!GrainFailures.IsTransient(failure))
            {
                GatewayLog.AgentFailed(_scene.Logger, _backend, failure);
            }

            return (null, AgentRefusal.Unavailable, GrainFailures.Tell(failure));
        }
    }

    private ValueTask TakeAsync(ListenerSession session, ListenerFrame message, int bytes, CancellationToken cancellationToken)
    {
        var id = Acknowledges ? message.Id ?? "" : "";
        switch (message.Type)
        {
            case "init":
                // It has introduced itself; saying it again is not a message that is acknowledged.
                return ValueTask.CompletedTask;
            case "heartbeat":
                return session.ReportAsync(new ListenerLife(id), bytes, cancellationToken);
            case "logging":
                TakeLog(message);
                break;
            case "metrics":
                _scene.Metrics.TakeAgentMetric(_backend.Value, message.Body);
                break;
            default:
                if (ReadReport(message, id) is { } report)
                {
                    return session.ReportAsync(report, bytes, cancellationToken);
                }

                break;
        }

        if (id.Length == 0)
        {
            return ValueTask.CompletedTask;
        }

        // Acknowledgements come in the order of the messages: behind one that the backend has to take, this one waits for it too.
        if (!session.IsIdle)
        {
            return session.ReportAsync(new ListenerLife(id), bytes, cancellationToken);
        }

        _outbox.Acknowledge(id);
        return ValueTask.CompletedTask;
    }

    private ListenerReport? ReadReport(ListenerFrame message, string id)
    {
        try
        {
            return _reader!.TryRead(message.Type, message.Body, id, out var report) ? report : null;
        }
        catch (Exception failure) when (failure is ListenerBodyException or InvalidOperationException)
        {
            // The framework's exception is about text that JSON can write and nobody can hold: half of a surrogate pair.
            _scene.Metrics.MessageUnusable();
            if (_log.HasRoom())
            {
                ListenerLog.MessageUnusable(_scene.Logger, _backend.Value, message.Type, failure.Message);
            }

            return null;
        }
    }

    private void TakeLog(ListenerFrame message) => _log.Take(message.Body);

    private ValueTask LeaveAsync() => _session is { } session ? session.DisposeAsync() : ValueTask.CompletedTask;

    private void OnRefused(AgentRefusal reason, string message)
    {
        _ended = true;
        if (_scene.Refusals.IsDue(_backend, reason))
        {
            ListenerLog.Refused(_scene.Logger, _backend.Value, _channel.ToString(), reason.ToString(), message);
        }
    }
}
