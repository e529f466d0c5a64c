using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Protocol.Agent.V1;
using Osmo.Silo.Engine;

namespace Osmo.Silo.Agents;

/// <summary>
/// One agent's conversation: turns its frames into operations on the backend, and the grain's answers into frames. An agent that comes
/// from another process, on a connection that it keeps, is asked to begin anew; what it says before it does belongs to that one's
/// conversation and is dropped.
/// </summary>
internal sealed class AgentConduit : IAgentConduit
{
    private const int MessageCharsMax = 500;

    /// <summary>An agent that has not begun anew by then does not know how, and has to connect again.</summary>
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(10);

    private readonly LocalGrainEngine _engine;
    private readonly BackendName _backend;
    private readonly AgentOutbox _outbox;
    private readonly ILogger _logger;
    private readonly NodeBatchReader _reader = new();
    private readonly uint _restart;
    private readonly ITimer? _restartLimit;
    private Task<AgentSession?>? _greeting;
    private AgentSession? _session;
    private volatile bool _greeted;
    private bool _ended;

    public AgentConduit(
        LocalGrainEngine engine, BackendName backend, IAgentFrameSink sink, bool moved, TimeProvider time, ILogger logger)
    {
        _engine = engine;
        _backend = backend;
        _logger = logger;
        _outbox = new AgentOutbox(backend, sink, logger);
        if (moved)
        {
            // Any number but 0 will do that an earlier Restart of the same connection did not have.
            _restart = (uint)Random.Shared.Next(1, int.MaxValue);
            _outbox.Restart(_restart);
            _restartLimit = time.CreateTimer(_ => GiveUpRestart(), null, RestartTime, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        AgentFrame parsed;
        try
        {
            parsed = AgentFrame.Parser.ParseFrom(frame.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            Refuse("A frame is no AgentFrame message. Check that the agent's version fits this service.");
            await LeaveAsync().ConfigureAwait(false);
            return;
        }

        foreach (var message in parsed.Messages)
        {
            if (_ended || !await TryHandleAsync(message, cancellationToken).ConfigureAwait(false))
            {
                // Not when the agent hangs up, which may be never: the name is free for the next connection now.
                await LeaveAsync().ConfigureAwait(false);
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_restartLimit is { } limit)
        {
            await limit.DisposeAsync().ConfigureAwait(false);
        }

        await LeaveAsync().ConfigureAwait(false);
        await _outbox.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask LeaveAsync()
    {
        // The connection may end while Hello is still in the mailbox: the session that it will open has to be closed too.
        var greeting = Interlocked.Exchange(ref _greeting, null);
        try
        {
            if (greeting is not null && await greeting.ConfigureAwait(false) is { } session)
            {
                await _engine.EnqueueAsync(_backend, new TurnPost(turn => turn.Disconnect(session), weight: 1), CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
        catch (OsmoException)
        {
            // The grain is going away with its sessions.
        }
    }

    private async ValueTask<bool> TryHandleAsync(AgentMessage message, CancellationToken cancellationToken)
    {
        if (!_greeted && _restart != 0 && (message.KindCase != AgentMessage.KindOneofCase.Hello || message.Hello.Restart != _restart))
        {
            return true;
        }

        if (message.KindCase == AgentMessage.KindOneofCase.Hello)
        {
            _greeted = true;
            return await TryGreetAsync(message.Hello, cancellationToken).ConfigureAwait(false);
        }

        if (_session is not { } session)
        {
            Refuse("The first message has to be Hello.");
            return false;
        }

        switch (message.KindCase)
        {
            case AgentMessage.KindOneofCase.Nodes:
                if (!_reader.TryRead(message.Nodes, out var batch, out var problem))
                {
                    Refuse(problem);
                    return false;
                }

                await PostAsync(turn => turn.Report(session, batch), 1 + batch.Reports.Count, cancellationToken).ConfigureAwait(false);
                return true;
            case AgentMessage.KindOneofCase.LabelResults:
                var reports = message.LabelResults.Results.Select(ToReport).ToArray();
                await PostAsync(turn => turn.ReportLabels(session, reports), 1 + reports.Length, cancellationToken).ConfigureAwait(false);
                return true;
            case AgentMessage.KindOneofCase.Heartbeat:
                var clusterError = message.Heartbeat.ClusterError is { Length: > 0 } text ? Shorten(text) : null;
                await PostAsync(turn => turn.Heartbeat(session, clusterError), 1, cancellationToken).ConfigureAwait(false);
                return true;
            default:
                // A newer agent may say what this build does not know; what it must not do is depend on it.
                return true;
        }
    }

    private async ValueTask<bool> TryGreetAsync(Hello hello, CancellationToken cancellationToken)
    {
        if (_session is not null)
        {
            Refuse("Hello was said already.");
            return false;
        }

        var problem = hello.ProtocolVersion == 0
            ? "Hello names no version of the protocol; 1 is the first."
            : hello.Backend != _backend.Value
                ? $"Hello names another backend than the address of the connection, which is for {_backend}."
                : null;
        if (problem is not null)
        {
            _outbox.Refuse(AgentRefusal.InvalidHello, problem);
            _ended = true;
            return false;
        }

        var introduced = new AgentHello(
            hello.ClusterUid,
            hello.WorkflowNamespace,
            hello.AgentVersion,
            hello.NodeConditionPrefix,
            hello.LabelUpdates,
            hello.AgentInstance);
        var call = new TurnCall<AgentSession?, AgentSession?>(turn => turn.Connect(introduced, _outbox), (_, session) => session);
        try
        {
            _greeting = _engine.CallAsync(_backend, call, CancellationToken.None);
            _session = await _greeting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            _outbox.Refuse(ReasonOf(failure), failure.Message);
        }

        if (_session is not null)
        {
            SiloLog.AgentConnected(_logger, _backend.Value, hello.ClusterUid, hello.AgentVersion);
        }

        _ended = _session is null;
        return _session is not null;
    }

    private async ValueTask PostAsync(Action<BackendTurn> apply, int weight, CancellationToken cancellationToken)
    {
        try
        {
            await _engine.EnqueueAsync(_backend, new TurnPost(apply, weight), cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            _outbox.Refuse(ReasonOf(failure), failure.Message);
            _ended = true;
        }
    }

    private void GiveUpRestart()
    {
        if (!_greeted)
        {
            _outbox.Refuse(
                AgentRefusal.Unavailable,
                $"The backend moved to another silo, and the agent did not begin anew within {RestartTime.TotalSeconds:F0} s. "
                + "It connects again; upgrade agents that do this.");
        }
    }

    private static AgentRefusal ReasonOf(OsmoException failure) =>
        failure.Code == ErrorCode.Moved ? AgentRefusal.Moved : AgentRefusal.Unavailable;

    private void Refuse(string problem)
    {
        _outbox.Refuse(AgentRefusal.ProtocolError, problem);
        _ended = true;
    }

    private static LabelReport ToReport(LabelResult result) => new(
        result.Node,
        result.Available,
        result.Outcome switch
        {
            LabelResult.Types.Outcome.Applied => LabelOutcome.Applied,
            LabelResult.Types.Outcome.GaveUp => LabelOutcome.GaveUp,
            _ => LabelOutcome.Retrying,
        },
        Shorten(result.Message));

    private static string Shorten(string text) => text.Length <= MessageCharsMax ? text : text[..MessageCharsMax];
}
