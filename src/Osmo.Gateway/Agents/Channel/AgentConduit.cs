using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Backends;
using Osmo.Gateway.Calls;
using Osmo.Grains.Agents;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>
/// An agent's connection, joined to the grain of its backend for as long as the agent stays, wherever that grain goes.
/// <para>
/// States: Waiting (for Hello) -> Joining -> Joined -> Waiting ..., until Ended. Waiting ends with the agent's Hello. Joining ends when the
/// grain has joined the agent; until then what the agent says waits. Joined ends when the grain ends the session, does not know it any
/// more, or a call of it fails; then the agent is asked to begin its conversation again on the same connection (Restart), and what it says
/// before it does is dropped, which nobody misses: a snapshot follows. Ended is final: the agent was refused, or has hung up.
/// </para>
/// Invariant: at most one session exists, and the next begins after the last has ended.
/// </summary>
internal sealed class AgentConduit : IAgentConduit
{
    /// <summary>An agent that has not begun again by then does not know how, and has to connect again.</summary>
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(10);

    /// <summary>A session that lasted that long was a good one: the next failure is the first again.</summary>
    private static readonly TimeSpan GoodSession = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly BackendName _backend;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AgentOutbox _outbox;
    private readonly NodeBatchReader _reader = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;
    private AgentStage _stage;
    private int _failures;

    public AgentConduit(BackendName backend, IAgentFrameSink sink, IGrainFactory grains, TimeProvider time, ILogger logger)
    {
        _backend = backend;
        _grains = grains;
        _time = time;
        _logger = logger;
        _outbox = new AgentOutbox(backend, sink, logger);
        var waiting = new Waiting(Restart: 0);
        _stage = waiting;
        _running = Task.Run(() => RunAsync(waiting));
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
            Break("A frame is no AgentFrame message. Check that the agent's version fits this service.");
            return;
        }

        foreach (var message in parsed.Messages)
        {
            await HandleAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        End();
        await _running.ConfigureAwait(false);
        await _outbox.DisposeAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    private async ValueTask HandleAsync(AgentMessage message, CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (Volatile.Read(ref _stage))
            {
                case Waiting waiting:
                    Hear(waiting, message);
                    return;
                case Over:
                    return;
                case { } when message.KindCase == AgentMessage.KindOneofCase.Hello:
                    Break("Hello was said already.");
                    return;
                case Joining joining:
                    await joining.Left.WaitAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Joined joined:
                    await TellAsync(joined.Session, message, cancellationToken).ConfigureAwait(false);
                    return;
            }
        }
    }

    private void Hear(Waiting waiting, AgentMessage message)
    {
        if (message.KindCase == AgentMessage.KindOneofCase.Hello)
        {
            if (waiting.Restart != 0 && message.Hello.Restart != waiting.Restart)
            {
                return;
            }

            if (AgentMessages.Problem(message.Hello, _backend) is { } problem)
            {
                Refuse(AgentRefusal.InvalidHello, problem);
            }
            else if (TryEnter(new Joining()))
            {
                waiting.Hear(AgentMessages.Read(message.Hello));
            }
        }
        else if (waiting.Restart == 0)
        {
            Break("The first message has to be Hello.");
        }
    }

    private async ValueTask TellAsync(AgentSession session, AgentMessage message, CancellationToken cancellationToken)
    {
        switch (message.KindCase)
        {
            case AgentMessage.KindOneofCase.Nodes:
                if (_reader.TryRead(message.Nodes, out var batch, out var problem))
                {
                    await session.ReportAsync(batch, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    Break(problem);
                }

                return;
            case AgentMessage.KindOneofCase.LabelResults:
                await session.ReportLabelsAsync(AgentMessages.Read(message.LabelResults), cancellationToken).ConfigureAwait(false);
                return;
            case AgentMessage.KindOneofCase.Heartbeat:
                await session.HeartbeatAsync(AgentMessages.Read(message.Heartbeat), cancellationToken).ConfigureAwait(false);
                return;
            default:
                // A newer agent may say what this build does not know; what it must not do is depend on it.
                return;
        }
    }

    private async Task RunAsync(Waiting waiting)
    {
        try
        {
            while (await waiting.HelloAsync(RestartTime, _time, _ending.Token).ConfigureAwait(false) is { } hello)
            {
                if (await JoinAsync(hello).ConfigureAwait(false) is not { } session
                    || !await RunSessionAsync(session, hello).ConfigureAwait(false))
                {
                    return;
                }

                // Any number but 0 will do that an earlier Restart of the same connection did not have.
                waiting = new Waiting((uint)Random.Shared.Next(1, int.MaxValue));
                if (TryEnter(waiting))
                {
                    _outbox.Restart(waiting.Restart);
                }
            }
        }
        catch (TimeoutException)
        {
            Refuse(
                AgentRefusal.Unavailable,
                $"The backend moved to another silo, and the agent did not begin again within {RestartTime.TotalSeconds:F0} s. "
                + "It connects again; upgrade agents that do this.");
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The agent has hung up, or was refused.
        }
        catch (Exception failure)
        {
            GatewayLog.AgentFailed(_logger, _backend, failure);
            Refuse(AgentRefusal.Unavailable, "The gateway met an internal error. The log of the gateway has the details.");
        }
    }

    /// <summary>Joins the agent to the grain, and keeps trying while the agent waits; null if it is refused.</summary>
    private async Task<AgentSession?> JoinAsync(AgentHello hello)
    {
        while (true)
        {
            var session = new AgentSession(_backend, _grains, _outbox, _time, _logger);
            string reason;
            try
            {
                var answer = await session.ConnectAsync(hello, _ending.Token).ConfigureAwait(false);
                if (answer.Refusal is null)
                {
                    return session;
                }

                session.Abandon();
                if (answer.Refusal is not (AgentRefusal.Moved or AgentRefusal.Unavailable))
                {
                    Refuse(answer.Refusal.Value, answer.Message);
                    return null;
                }

                reason = answer.Message;
            }
            catch (Exception failure)
            {
                session.Abandon();
                _ending.Token.ThrowIfCancellationRequested();
                if (!GrainFailures.IsTransient(failure))
                {
                    throw;
                }

                reason = GrainFailures.Tell(failure);
            }

            await PauseAsync(reason).ConfigureAwait(false);
        }
    }

    /// <summary>Serves the agent until the session ends.</summary>
    /// <returns>Whether the agent goes on with another one.</returns>
    private async Task<bool> RunSessionAsync(AgentSession session, AgentHello hello)
    {
        await using (session.ConfigureAwait(false))
        {
            if (!TryEnter(new Joined(session)))
            {
                return false;
            }

            var began = _time.GetTimestamp();
            session.Welcome();
            GatewayLog.AgentConnected(_logger, _backend, hello.ClusterUid, hello.AgentVersion);
            var (reason, message) = await session.Ended.WaitAsync(_ending.Token).ConfigureAwait(false);
            if (reason is not (AgentRefusal.Moved or AgentRefusal.Unavailable))
            {
                Refuse(reason, message);
                return false;
            }

            if (_time.GetElapsedTime(began) >= GoodSession)
            {
                // A backend that moves in good order is served on at once.
                _failures = 0;
                GatewayLog.AgentJoinsAgain(_logger, _backend, 1, message);
            }
            else
            {
                await PauseAsync(message).ConfigureAwait(false);
            }

            return true;
        }
    }

    private Task PauseAsync(string reason)
    {
        GatewayLog.AgentJoinsAgain(_logger, _backend, ++_failures, reason);
        return Task.Delay(Backoff.Pause(PauseFirst, PauseMax, _failures), _time, _ending.Token);
    }

    private void Break(string problem) => Refuse(AgentRefusal.ProtocolError, problem);

    private void Refuse(AgentRefusal reason, string message)
    {
        _outbox.Refuse(reason, message);
        End();
    }

    /// <summary>
    /// Ends the conversation, and with it the session. Not only when the agent hangs up, which may be never: the name is free for the next
    /// connection now.
    /// </summary>
    private void End()
    {
        if (TryEnter(new Over()))
        {
            _ending.Cancel();
        }
    }

    private bool TryEnter(AgentStage next)
    {
        AgentStage last;
        lock (_gate)
        {
            if (_stage is Over)
            {
                return false;
            }

            last = _stage;
            Volatile.Write(ref _stage, next);
        }

        (last as Joining)?.Leave();
        return true;
    }
}
