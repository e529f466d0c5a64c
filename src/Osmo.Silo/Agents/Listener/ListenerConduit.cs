using System.Text.Json;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Listeners;
using Osmo.Silo.Engine;

namespace Osmo.Silo.Agents.Listener;

/// <summary>
/// One connection of an OSMO agent: turns its messages into operations on the backend, and the grain's answers into frames.
/// <para>
/// States: Strange -> Known -> Ended. Until it has introduced itself (<c>init</c>) an agent may log; other messages wait, because a
/// message left over from its last connection may come first. Known ends with the connection, or with a refusal.
/// </para>
/// What cannot be understood is logged and acknowledged all the same: not acknowledged it would come again for ever, and stop everything
/// behind it.
/// </summary>
internal sealed class ListenerConduit : IAgentConduit
{
    private const int EarlyFramesMax = 100;

    private static readonly TimeSpan WorkerHeartbeatInterval = TimeSpan.FromSeconds(60);

    private readonly LocalGrainEngine _engine;
    private readonly BackendName _backend;
    private readonly ListenerChannel _channel;
    private readonly SiloMetrics _metrics;
    private readonly RefusalLog _refusals;
    private readonly ILogger _logger;
    private readonly ListenerOutbox _outbox;
    private readonly AgentLogLines _log;
    private readonly ITimer? _workerHeartbeat;
    private readonly List<byte[]> _early = [];
    private NodeMessageReader? _reader;
    private Task<ListenerLink?>? _greeting;
    private ListenerLink? _link;
    private bool _posted;
    private volatile bool _ended;

    public ListenerConduit(
        LocalGrainEngine engine,
        BackendName backend,
        ListenerChannel channel,
        IAgentFrameSink sink,
        SiloMetrics metrics,
        RefusalLog refusals,
        TimeProvider time,
        ILogger logger)
    {
        _engine = engine;
        _backend = backend;
        _channel = channel;
        _metrics = metrics;
        _refusals = refusals;
        _logger = logger;
        _log = new AgentLogLines(backend.Value, time, logger);
        _outbox = new ListenerOutbox(sink, OnRefused, loss => ListenerLog.ConditionsLost(_logger, _backend.Value, loss));
        if (channel == ListenerChannel.Worker)
        {
            _workerHeartbeat = time.CreateTimer(_ => _outbox.SendWorkerHeartbeat(), null, TimeSpan.Zero, WorkerHeartbeatInterval);
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
            _metrics.MessageUnusable();
            _outbox.Refuse(AgentRefusal.ProtocolError, problem);
            await LeaveAsync().ConfigureAwait(false);
            return;
        }

        using (message)
        {
            try
            {
                await HandleAsync(message, frame, cancellationToken).ConfigureAwait(false);
            }
            catch (OsmoException failure)
            {
                _outbox.Refuse(failure.Code == ErrorCode.Moved ? AgentRefusal.Moved : AgentRefusal.Unavailable, failure.Message);
            }
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
        _metrics.MessageReceived(message.Type);
        if (_link is { } link)
        {
            await TakeAsync(link, message, cancellationToken).ConfigureAwait(false);
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
        if (Introduce(init.Body) is not { } hello)
        {
            _outbox.Refuse(
                AgentRefusal.InvalidHello,
                "The body of init has to hold the texts k8s_uid, k8s_namespace, version and node_condition_prefix.");
            return;
        }

        _outbox.Understands(ListenerGenerations.Of(hello.Version));
        var call = new TurnCall<ListenerLink?, ListenerLink?>(turn => turn.Connect(hello, _outbox), (_, link) => link);
        _greeting = _engine.CallAsync(_backend, call, CancellationToken.None);
        if (await _greeting.WaitAsync(cancellationToken).ConfigureAwait(false) is not { } link)
        {
            return;
        }

        // One line for the five connections of a listener.
        var level = _channel is ListenerChannel.Node or ListenerChannel.Message or ListenerChannel.Worker
            ? LogLevel.Information
            : LogLevel.Debug;
        ListenerLog.Connected(_logger, level, _backend.Value, _channel.ToString(), hello.ClusterUid, hello.Version);
        _reader = new NodeMessageReader(LabelKey(hello.Prefix));
        _link = link;
        foreach (var early in _early)
        {
            if (ListenerFrame.TryRead(early, out var message, out _))
            {
                using (message)
                {
                    await TakeAsync(link, message, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        _early.Clear();
    }

    private ValueTask TakeAsync(ListenerLink link, ListenerFrame message, CancellationToken cancellationToken)
    {
        var id = Acknowledges ? message.Id ?? "" : "";
        switch (message.Type)
        {
            case "init":
                // It has introduced itself; saying it again is not a message that is acknowledged.
                return ValueTask.CompletedTask;
            case "heartbeat":
                return PostAsync(turn => turn.Heartbeat(link, id), cancellationToken);
            case "logging":
                TakeLog(message);
                break;
            case "metrics":
                _metrics.TakeAgentMetric(_backend.Value, message.Body);
                break;
            default:
                if (ReadReport(message, id) is { } report)
                {
                    return PostAsync(turn => turn.Report(link, report), cancellationToken);
                }

                break;
        }

        if (id.Length == 0)
        {
            return ValueTask.CompletedTask;
        }

        // Acknowledgements come in the order of the messages: behind one that the backend has to take, this one waits for it too.
        if (_posted)
        {
            return PostAsync(turn => turn.Heartbeat(link, id), cancellationToken);
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
            _metrics.MessageUnusable();
            if (_log.HasRoom())
            {
                ListenerLog.MessageUnusable(_logger, _backend.Value, message.Type, failure.Message);
            }

            return null;
        }
    }

    private void TakeLog(ListenerFrame message) => _log.Take(message.Body);

    private async ValueTask PostAsync(Action<BackendTurn> apply, CancellationToken cancellationToken)
    {
        _posted = true;
        await _engine.EnqueueAsync(_backend, new TurnPost(apply, weight: 1), cancellationToken).ConfigureAwait(false);
    }

    private ListenerHello? Introduce(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? Text(string field) =>
            body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        try
        {
            return Text("k8s_uid") is { } uid && Text("k8s_namespace") is { } workflows && Text("version") is { } version
                ? new ListenerHello(_channel, uid, workflows, version, Text("node_condition_prefix") ?? "")
                : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>An agent puts whatever it was given before the label's name; nothing is what OSMO's chart gives it.</summary>
    private string LabelKey(string prefix)
    {
        if (NodeConditionPrefix.TryCreate(prefix, out var legal, out _))
        {
            return legal.LabelKey;
        }

        var key = AgentLogLines.Printable(prefix) + NodeConditionPrefix.LabelName;
        if (_channel == ListenerChannel.Node)
        {
            ListenerLog.OddPrefix(_logger, _backend.Value, key);
        }

        return key;
    }

    private async ValueTask LeaveAsync()
    {
        // The connection may end while the introduction is still in the mailbox: the link that it will open has to be closed too.
        var greeting = Interlocked.Exchange(ref _greeting, null);
        try
        {
            if (greeting is not null && await greeting.ConfigureAwait(false) is { } link)
            {
                await PostAsync(turn => turn.Disconnect(link), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OsmoException)
        {
            // The grain is going away with its links.
        }
    }

    private void OnRefused(AgentRefusal reason, string message)
    {
        _ended = true;
        if (_refusals.IsDue(_backend, reason))
        {
            ListenerLog.Refused(_logger, _backend.Value, _channel.ToString(), reason.ToString(), message);
        }
    }
}
