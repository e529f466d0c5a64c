using System.Net.WebSockets;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// Keeps a connection to the silo for ever: connect, converse, and after whatever ended it pause and connect again. Where the backend
/// moves to another silo, the next conversation begins on the same connection. Every conversation starts with a snapshot, so nothing is
/// carried over from one to the next.
/// </summary>
internal sealed class GatewayChannel(AgentOptions options, ReportSources sources, AgentMetrics metrics, TimeProvider time, ILogger logger)
{
    // A connection that lasted this long was a good one: the next failure starts with the shortest pause again.
    private static readonly TimeSpan GoodConnection = TimeSpan.FromSeconds(10);

    // The first restart is answered at once; a backend that moves again and again must not keep the agent sending snapshots.
    private static readonly TimeSpan RestartIntervalMin = TimeSpan.FromMilliseconds(500);

    private const int CloseTextCharsMax = 200;

    private readonly GatewayConnector _connector = new(options, time);
    private readonly JitteredBackoff _backoff = new(options.ReconnectPauseFirst, options.ReconnectPauseMax);
    private volatile ChannelSession? _session;
    private volatile string? _lastError;
    private long _connections;
    private long _restarts;
    private long? _welcomedAt;

    public bool IsConnected => _session is not null;

    public int UnackedBatches => _session?.UnackedBatches ?? 0;

    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Conversations that began anew on a connection, because the backend moved.</summary>
    public long Restarts => Volatile.Read(ref _restarts);

    public string? LastError => _lastError;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(Hello hello, CancellationToken cancellation)
    {
        int failures = 0;
        while (true)
        {
            // Only time after the welcome counts: attempts that take long because nobody answers are no good connections.
            _welcomedAt = null;
            ChannelException failure = await ConverseAsync(hello, cancellation).ConfigureAwait(false);
            bool wasGood = _welcomedAt is { } welcomedAt && time.GetElapsedTime(welcomedAt) >= GoodConnection;
            failures = wasGood ? 1 : failures + 1;
            TimeSpan pause = _backoff.PauseAfter(failure.RetryAfter, failures);
            _lastError = failure.Message;
            AgentLog.Disconnected(logger, failure.Message, (long)pause.TotalMilliseconds);
            await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<ChannelException> ConverseAsync(Hello hello, CancellationToken cancellation)
    {
        ClientWebSocket? socket = null;
        try
        {
            socket = await _connector.ConnectAsync(cancellation).ConfigureAwait(false);
            await using FrameConnection frames = new(socket);
            AgentLog.Connected(logger, _connector.Address);
            await ConverseOnAsync(frames, hello, cancellation).ConfigureAwait(false);
            throw new InvalidOperationException("a conversation ended without a reason");
        }
        catch (ChannelException e)
        {
            return socket?.CloseStatusDescription is { Length: > 0 } said
                ? new ChannelException($"{e.Message} It said: {Shorten(said)}") { RetryAfter = e.RetryAfter }
                : e;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            if (e is not (WebSocketException or IOException or FrameProtocolException or InvalidProtocolBufferException))
            {
                // Not foreseen, and yet no reason for a whole cluster to go unwatched.
                AgentLog.Unexpected(logger, e);
            }

            return new ChannelException($"The connection broke: {e.Message}");
        }
    }

    /// <summary>One conversation after the other, for as long as the connection holds.</summary>
    private async Task ConverseOnAsync(FrameConnection frames, Hello hello, CancellationToken cancellation)
    {
        long? restartedAt = null;
        uint number = 0;
        while (true)
        {
            try
            {
                Hello numbered = hello.Clone();
                numbered.Restart = number;
                await ConverseAsync(frames, numbered, isFirst: restartedAt is null, cancellation).ConfigureAwait(false);
            }
            catch (ChannelRestartException restart)
            {
                TimeSpan since = restartedAt is { } at ? time.GetElapsedTime(at) : RestartIntervalMin;
                if (since < RestartIntervalMin)
                {
                    await Task.Delay(RestartIntervalMin - since, time, cancellation).ConfigureAwait(false);
                }

                restartedAt = time.GetTimestamp();
                number = restart.Number;
                Interlocked.Increment(ref _restarts);
                metrics.CountRestart();
                AgentLog.Restarted(logger);
            }
        }
    }

    private async Task ConverseAsync(FrameConnection frames, Hello hello, bool isFirst, CancellationToken cancellation)
    {
        ChannelSession session = new(frames, sources, time, logger);
        try
        {
            await session.OpenAsync(hello, cancellation).ConfigureAwait(false);
            _welcomedAt ??= time.GetTimestamp();
            if (isFirst)
            {
                Interlocked.Increment(ref _connections);
                metrics.CountConnection();
            }

            sources.Store.BeginReport();
            _session = session;
            await session.RunAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _session = null;
            sources.Labels.SetPolicy(false);
            sources.Store.EndReport();
            sources.LabelReports.Clear();
        }
    }

    private static string Shorten(string text) => text.Length <= CloseTextCharsMax ? text : text[..CloseTextCharsMax];
}
