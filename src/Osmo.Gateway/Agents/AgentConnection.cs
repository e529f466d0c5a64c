using System.Net.WebSockets;
using Osmo.Protocol;

namespace Osmo.Gateway.Agents;

/// <summary>With which codes an agent's WebSocket is closed.</summary>
/// <param name="Refused">The agent was refused, and will be again unless something changes.</param>
/// <param name="Moved">The backend is served elsewhere, or will be again here: the agent should connect again.</param>
/// <param name="Stopping">This gateway stops.</param>
internal sealed record AgentCloseCodes(WebSocketCloseStatus Refused, WebSocketCloseStatus Moved, WebSocketCloseStatus Stopping)
{
    /// <summary>Of our own channel, whose agents are told everything by messages.</summary>
    public static AgentCloseCodes OfChannel { get; } =
        new(WebSocketCloseStatus.NormalClosure, WebSocketCloseStatus.NormalClosure, WebSocketCloseStatus.NormalClosure);

    /// <summary>Of OSMO's listener protocol: 4000 is what OSMO uses, 1012 is registered for a service that restarts.</summary>
    public static AgentCloseCodes OfListener { get; } =
        new((WebSocketCloseStatus)4000, (WebSocketCloseStatus)1012, WebSocketCloseStatus.EndpointUnavailable);
}

/// <summary>An agent's WebSocket: its frames go to its conversation with the grain of its backend, and back.</summary>
internal sealed class AgentConnection : IAgentFrameSink, IAsyncDisposable
{
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(3);

    private readonly FrameConnection _frames;
    private readonly AgentCloseCodes _codes;
    private readonly CancellationTokenSource _ending;
    private string? _reason;

    /// <param name="frames">The agent's frames; disposed with this object.</param>
    /// <param name="codes">With which codes to close.</param>
    /// <param name="aborted">The connection broke.</param>
    public AgentConnection(FrameConnection frames, AgentCloseCodes codes, CancellationToken aborted)
    {
        _frames = frames;
        _codes = codes;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(aborted);
    }

    /// <summary>Carries frames until the connection ends.</summary>
    /// <param name="begin">Begins the conversation.</param>
    /// <param name="stopping">The gateway stops.</param>
    /// <returns>Why it ended, for logs.</returns>
    public async Task<string> CarryAsync(Func<IAgentFrameSink, IAgentConduit> begin, CancellationToken stopping)
    {
        await using (var conduit = begin(this))
        await using (stopping.Register(() => Close(_codes.Stopping, "the gateway is stopping")))
        {
            await PumpAsync(conduit);
        }

        return _reason ?? "the agent closed the connection";
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            await _frames.SendAsync(frame, cancellationToken);
        }
        catch (Exception failure) when (failure is WebSocketException or ObjectDisposedException)
        {
            throw new IOException("The agent's connection broke.", failure);
        }
    }

    public void Complete(string reason) => Close(_codes.Refused, reason);

    public void Move(string reason) => Close(_codes.Moved, reason);

    public async ValueTask DisposeAsync()
    {
        await _frames.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>
    /// Says goodbye and goes on reading until the agent does too, for a while: cutting the connection at once could take the
    /// refusal, which is still on its way, with it.
    /// </summary>
    private void Close(WebSocketCloseStatus code, string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _ending.CancelAfter(ClosingTime);
            _ = _frames.CloseAsync(code, reason, CancellationToken.None).AsTask();
        }
    }

    private async Task PumpAsync(IAgentConduit conduit)
    {
        try
        {
            while (await _frames.ReceiveAsync(_ending.Token) is { } frame)
            {
                await conduit.ReceiveAsync(frame, _ending.Token);
            }

            Complete("the agent closed the connection");
        }
        catch (OperationCanceledException)
        {
            Complete("the agent did not answer the closing handshake");
        }
        catch (WebSocketException)
        {
            Complete("the connection broke");
        }
        catch (FrameProtocolException failure)
        {
            Complete(failure.Message);
        }
    }
}
