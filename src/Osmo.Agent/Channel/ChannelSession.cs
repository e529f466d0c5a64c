using System.Collections.Concurrent;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// A conversation from the agent's Hello on: the silo's answer, then both directions at once until either ends, or until the silo asks
/// for a new conversation on the same connection.
/// </summary>
internal sealed class ChannelSession(FrameConnection frames, ReportSources sources, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AcknowledgeCheckInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastWordsTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatIntervalDefault = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(10);

    // When each unacknowledged batch was handed to the connection, oldest first.
    private readonly ConcurrentQueue<long> _sentAt = new();
    private ulong _sequence;
    private ulong _acknowledged;
    private ulong _windowBatches = 1;
    private TimeSpan _heartbeatInterval = HeartbeatIntervalDefault;
    private volatile bool _isHeartbeatDue;

    /// <summary>Batches sent and not acknowledged.</summary>
    public int UnackedBatches
    {
        get
        {
            // In this order, for the sent ones never fall behind the acknowledged ones.
            ulong acknowledged = Volatile.Read(ref _acknowledged);
            return (int)(Volatile.Read(ref _sequence) - acknowledged);
        }
    }

    /// <summary>Introduces the agent and waits for the silo's answer. What came with the answer is handled when this returns.</summary>
    /// <exception cref="ChannelException">The silo refused, or said nothing.</exception>
    /// <exception cref="ChannelRestartException">The backend moves while it is asked.</exception>
    public async Task OpenAsync(Hello hello, CancellationToken cancellation)
    {
        AgentFrame frame = new();
        frame.Messages.Add(new AgentMessage { Hello = hello });
        using CancellationTokenSource limit = new(AnswerTimeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await frames.SendAsync(frame, both.Token).ConfigureAwait(false);
            SiloFrame answer = await ReceiveFrameAsync(both.Token).ConfigureAwait(false);
            bool isFirst = true;
            foreach (SiloMessage message in answer.Messages)
            {
                if (isFirst && message.KindCase == SiloMessage.KindOneofCase.Welcome)
                {
                    Begin(message.Welcome);
                    isFirst = false;
                }
                else if (isFirst && message.KindCase is not (SiloMessage.KindOneofCase.Refusal or SiloMessage.KindOneofCase.Restart))
                {
                    break;
                }
                else
                {
                    Handle(message);
                }
            }

            if (isFirst)
            {
                throw new ChannelException(
                    "The silo's first message is neither Welcome nor Refusal. Check the versions of agent and server.");
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ChannelException($"The silo did not answer within {AnswerTimeout.TotalSeconds:F0} s.");
        }
    }

    /// <summary>Reports until the connection ends, which is always by an exception.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource ended = new();

        // Giving up a send breaks the connection, which a restart needs: it ends the loop between two frames.
        using CancellationTokenSource restarting = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);

        // A source of its own, so that nothing of this connection stays behind in the caller's, which outlives thousands of them.
        using CancellationTokenSource stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task receive = ReceiveLoopAsync(ended.Token);
        Task send = SendLoopAsync(restarting.Token, ended.Token);
        Task acknowledged = WatchAcknowledgementsAsync(ended.Token);
        Task cancelled = Task.Delay(Timeout.InfiniteTimeSpan, time, stopped.Token);
        Task first = await Task.WhenAny(receive, send, acknowledged, cancelled).ConfigureAwait(false);
        if (first == cancelled)
        {
            using CancellationTokenSource limit = new(LastWordsTimeout, time);
            await frames.CloseAsync(WebSocketCloseStatus.NormalClosure, "The agent stops.", limit.Token)
                .AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (first == send)
        {
            // Sending fails as well when the other side has left; why it did may have arrived and not been read yet.
            await Task.WhenAny(receive, Task.Delay(LastWordsTimeout, time, stopped.Token)).ConfigureAwait(false);
            first = receive.Exception?.InnerException is ChannelException or ChannelRestartException ? receive : send;
        }

        if (first == receive && receive.Exception?.InnerException is ChannelRestartException && !cancellation.IsCancellationRequested)
        {
            await restarting.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(send, cancelled).ConfigureAwait(false);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await stopped.CancelAsync().ConfigureAwait(false);

        // Nobody may touch what is to be reported any more once this returns.
        await Task.WhenAll(receive, send, acknowledged).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }

    private void Begin(Welcome welcome)
    {
        if (welcome.ProtocolVersion != AgentChannel.ProtocolVersion)
        {
            throw new ChannelException(
                $"The silo speaks version {welcome.ProtocolVersion} of the channel, the agent {AgentChannel.ProtocolVersion}. Upgrade.");
        }

        _windowBatches = Math.Max(1, welcome.WindowBatches);
        _heartbeatInterval = welcome.HeartbeatIntervalMs == 0
            ? HeartbeatIntervalDefault
            : TimeSpan.FromMilliseconds(welcome.HeartbeatIntervalMs);
        sources.Labels.SetPolicy(welcome.LabelUpdates);
        AgentLog.Welcomed(logger, welcome.WindowBatches, welcome.LabelUpdates, welcome.HeartbeatIntervalMs);
    }

    private async Task ReceiveLoopAsync(CancellationToken cancellation)
    {
        while (true)
        {
            SiloFrame frame = await ReceiveFrameAsync(cancellation).ConfigureAwait(false);
            foreach (SiloMessage message in frame.Messages)
            {
                Handle(message);
            }
        }
    }

    private async Task<SiloFrame> ReceiveFrameAsync(CancellationToken cancellation)
    {
        ReadOnlyMemory<byte>? frame = await frames.ReceiveAsync(cancellation).ConfigureAwait(false);
        return frame is { } bytes
            ? SiloFrame.Parser.ParseFrom(bytes.Span)
            : throw new ChannelException("The gateway closed the connection.");
    }

    private void Handle(SiloMessage message)
    {
        switch (message.KindCase)
        {
            case SiloMessage.KindOneofCase.Ack:
                Acknowledge(message.Ack.Sequence);
                break;
            case SiloMessage.KindOneofCase.LabelUpdates:
                sources.Labels.Want(message.LabelUpdates);
                break;
            case SiloMessage.KindOneofCase.LabelPolicy:
                sources.Labels.SetPolicy(message.LabelPolicy.Enabled);
                AgentLog.LabelPolicy(logger, message.LabelPolicy.Enabled);
                break;
            case SiloMessage.KindOneofCase.Refusal:
                TimeSpan pause = TimeSpan.FromMilliseconds(message.Refusal.RetryAfterMs);
                throw new ChannelException($"The silo refuses this agent ({message.Refusal.Code}): {message.Refusal.Message}")
                {
                    RetryAfter = pause < RetryAfterMax ? pause : RetryAfterMax,
                };
            case SiloMessage.KindOneofCase.Restart:
                throw new ChannelRestartException(message.Restart.Number);
            case SiloMessage.KindOneofCase.Welcome:
            case SiloMessage.KindOneofCase.None:
            default:
                // A newer silo may say more than this agent understands.
                break;
        }
    }

    private void Acknowledge(ulong sequence)
    {
        if (sequence > Volatile.Read(ref _sequence))
        {
            throw new ChannelException($"The silo acknowledged batch {sequence}, but only {Volatile.Read(ref _sequence)} were sent.");
        }

        if (sequence > _acknowledged)
        {
            for (ulong next = _acknowledged; next < sequence; next++)
            {
                _sentAt.TryDequeue(out _);
            }

            Volatile.Write(ref _acknowledged, sequence);
            sources.Changed.Set();
        }
    }

    /// <summary>A silo that answers pings and acknowledges nothing would otherwise be believed for ever, and nothing reported.</summary>
    private async Task WatchAcknowledgementsAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(AcknowledgeCheckInterval, time, cancellation).ConfigureAwait(false);
            if (_sentAt.TryPeek(out long oldest) && time.GetElapsedTime(oldest) > AcknowledgeTimeout)
            {
                throw new ChannelException(
                    $"The silo has not acknowledged batch {Volatile.Read(ref _acknowledged) + 1} for "
                    + $"{AcknowledgeTimeout.TotalSeconds:F0} s. Look at the server's log, and whether its disk is full.");
            }
        }
    }

    /// <param name="quit">Ends it between two frames.</param>
    /// <param name="cancellation">Ends it at once, and the connection with it.</param>
    private async Task SendLoopAsync(CancellationToken quit, CancellationToken cancellation)
    {
        using CancellationTokenSource sendLimit = new(Timeout.InfiniteTimeSpan, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(sendLimit.Token, cancellation);
        using ITimer heartbeat = time.CreateTimer(_ => DueHeartbeat(), null, _heartbeatInterval, Timeout.InfiniteTimeSpan);
        while (true)
        {
            quit.ThrowIfCancellationRequested();
            AgentFrame frame = NextFrame();
            if (frame.Messages.Count == 0)
            {
                await sources.Changed.WaitAsync(quit).ConfigureAwait(false);
                continue;
            }

            heartbeat.Change(_heartbeatInterval, Timeout.InfiniteTimeSpan);
            sendLimit.CancelAfter(SendTimeout);
            try
            {
                await frames.SendAsync(frame, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new ChannelException($"The gateway took nothing for {SendTimeout.TotalSeconds:F0} s.");
            }

            sendLimit.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private AgentFrame NextFrame()
    {
        AgentFrame frame = new();
        if (Volatile.Read(ref _sequence) - Volatile.Read(ref _acknowledged) < _windowBatches && sources.Store.TryFill(sources.Batch))
        {
            ulong sequence = _sequence + 1;
            frame.Messages.Add(new AgentMessage { Nodes = sources.Batch.Build(sequence) });
            _sentAt.Enqueue(time.GetTimestamp());
            Volatile.Write(ref _sequence, sequence);
        }

        if (sources.LabelReports.TryTake() is { } results)
        {
            frame.Messages.Add(new AgentMessage { LabelResults = results });
        }

        if (frame.Messages.Count == 0 && _isHeartbeatDue)
        {
            frame.Messages.Add(new AgentMessage { Heartbeat = new Heartbeat { ClusterError = sources.ClusterError() ?? "" } });
        }

        if (frame.Messages.Count > 0)
        {
            _isHeartbeatDue = false;
        }

        return frame;
    }

    private void DueHeartbeat()
    {
        _isHeartbeatDue = true;
        sources.Changed.Set();
    }
}

/// <summary>What a connection reports from, and where it puts what the silo wants.</summary>
internal sealed record ReportSources(
    NodeStore Store, BatchBuilder Batch, LabelApplier Labels, LabelReports LabelReports, AsyncSignal Changed)
{
    /// <summary>Why the cluster cannot be watched at the moment; null while it can.</summary>
    public Func<string?> ClusterError { get; init; } = static () => null;
}
