using System.Net.WebSockets;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Osmo.Protocol;

namespace Osmo.Agent;

/// <summary>
/// Keeps a connection for ever: connect, converse, and after whatever ended it pause and connect again. The pauses grow while no
/// connection lasts, up to a few seconds: for as long as an agent stays away, what is known of its nodes may be wrong. Only an agent that
/// is refused stays away for longer. Nothing but cancellation ends it.
/// </summary>
internal sealed class ReconnectLoop(AgentOptions options, TimeProvider time, ILogger logger)
{
    // A connection that lasted this long was a good one: the next failure starts with the shortest pause again.
    private static readonly TimeSpan GoodConnection = TimeSpan.FromSeconds(10);

    private const int CloseTextCharsMax = 200;

    private readonly JitteredBackoff _backoff = new(options.ReconnectPauseFirst, options.ReconnectPauseMax);
    private readonly JitteredBackoff _refusedBackoff = new(options.ReconnectPauseFirst, options.RefusedPauseMax);
    private volatile string? _lastError;
    private long? _welcomedAt;

    /// <summary>Why the last connection ended, or did not come about; null when none ever failed.</summary>
    public string? LastError => _lastError;

    /// <summary>The other side took the agent in: only the time after that shows whether the connection is a good one.</summary>
    public void Welcomed() => _welcomedAt ??= time.GetTimestamp();

    /// <summary>Runs until cancelled.</summary>
    /// <param name="connect">Opens a connection.</param>
    /// <param name="converse">Uses it until it ends, which is always by an exception, and disposes of it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(
        Func<CancellationToken, Task<ClientWebSocket>> connect,
        Func<ClientWebSocket, CancellationToken, Task> converse,
        CancellationToken cancellation)
    {
        int failures = 0;
        while (true)
        {
            // Attempts that take long because nobody answers are no good connections.
            _welcomedAt = null;
            ChannelException failure = await ConverseAsync(connect, converse, cancellation).ConfigureAwait(false);
            bool wasGood = _welcomedAt is { } welcomedAt && time.GetElapsedTime(welcomedAt) >= GoodConnection;
            failures = wasGood ? 1 : failures + 1;
            TimeSpan pause = (failure.IsRefusal ? _refusedBackoff : _backoff).PauseAfter(failure.RetryAfter, failures);
            _lastError = failure.Message;
            AgentLog.Disconnected(logger, failure.Message, (long)pause.TotalMilliseconds);
            await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<ChannelException> ConverseAsync(
        Func<CancellationToken, Task<ClientWebSocket>> connect,
        Func<ClientWebSocket, CancellationToken, Task> converse,
        CancellationToken cancellation)
    {
        ClientWebSocket? socket = null;
        try
        {
            socket = await connect(cancellation).ConfigureAwait(false);
            await converse(socket, cancellation).ConfigureAwait(false);
            throw new InvalidOperationException("a conversation ended without a reason");
        }
        catch (ChannelException e)
        {
            return socket?.CloseStatusDescription is { Length: > 0 } said
                ? new ChannelException($"{e.Message} It said: {Shorten(said)}") { RetryAfter = e.RetryAfter, IsRefusal = e.IsRefusal }
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

    private static string Shorten(string text) => text.Length <= CloseTextCharsMax ? text : text[..CloseTextCharsMax];
}
