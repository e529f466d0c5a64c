using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Google.Protobuf;

namespace Osmo.Protocol;

/// <summary>
/// Frames over a WebSocket: every message is one frame, and a frame holds a batch of protobuf messages. Used
/// on both ends of the agent channel, and between processes of a cluster. One reader and any number of writers at a time.
/// </summary>
public sealed class FrameConnection : IAsyncDisposable
{
    /// <summary>The largest frame that is read, in bytes; the peer's connection is closed when it sends a larger one.</summary>
    public const int FrameBytesMax = 8 * 1024 * 1024;

    /// <summary>The protocol's limit for the reason of a closing handshake, in bytes of UTF-8.</summary>
    private const int ReasonBytesMax = 123;

    private const int ReceiveBufferBytesMin = 16 * 1024;

    private readonly WebSocket _socket;
    private readonly WebSocketMessageType _kind;
    private readonly SemaphoreSlim _sendGate = new(1, 1);
    private byte[] _receiveBuffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferBytesMin);

    /// <summary>Takes over an open WebSocket, which is disposed with this object.</summary>
    /// <param name="socket">The WebSocket.</param>
    /// <param name="kind">The kind of messages that are frames; a peer that sends the other kind breaks the protocol.</param>
    public FrameConnection(WebSocket socket, WebSocketMessageType kind = WebSocketMessageType.Binary)
    {
        _socket = socket;
        _kind = kind;
    }

    /// <summary>
    /// The next frame, or null when the peer closed the connection. The memory is valid until the next call.
    /// </summary>
    /// <exception cref="FrameProtocolException">The peer sent another kind, or a frame larger than <see cref="FrameBytesMax"/>.</exception>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken) =>
        ReceiveAsync(FrameBytesMax, cancellationToken);

    /// <summary>Like <see cref="ReceiveAsync(CancellationToken)"/>, for a peer that must not send as much yet.</summary>
    /// <exception cref="FrameProtocolException">The peer sent another kind, or a frame larger than <paramref name="bytesMax"/>.</exception>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(int bytesMax, CancellationToken cancellationToken)
    {
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result =
                await _socket.ReceiveAsync(_receiveBuffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (result.MessageType != _kind)
            {
                throw new FrameProtocolException($"The peer sent a {result.MessageType} frame; this channel carries {_kind} frames only.");
            }

            length += result.Count;
            if (length > bytesMax)
            {
                throw new FrameProtocolException($"The peer sent a frame of more than {bytesMax} bytes; split it into smaller batches.");
            }

            if (result.EndOfMessage)
            {
                return _receiveBuffer.AsMemory(0, length);
            }

            if (length == _receiveBuffer.Length)
            {
                Grow(length);
            }
        }
    }

    /// <summary>Sends one frame; concurrent callers are served one after the other.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask SendAsync(IMessage frame, CancellationToken cancellationToken)
    {
        int size = frame.CalculateSize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            frame.WriteTo(buffer.AsSpan(0, size));
            await SendAsync(buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends one frame that is already encoded.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        await _sendGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(frame, _kind, WebSocketMessageFlags.EndOfMessage, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException broken) when (!cancellationToken.IsCancellationRequested)
        {
            // The framework says so when the socket was aborted meanwhile, although nobody has cancelled anything.
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, broken);
        }
        finally
        {
            _sendGate.Release();
        }
    }

    /// <summary>
    /// Starts the closing handshake with a reason that the peer can log (shortened: it is a hint, the frames before it say more).
    /// </summary>
    public async ValueTask CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken cancellationToken)
    {
        await _sendGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(status, Shorten(reason), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is WebSocketException or ObjectDisposedException)
        {
            // The peer went first: there is nobody left to tell.
        }
        finally
        {
            _sendGate.Release();
        }
    }

    /// <summary>Ends the connection at once, without a closing handshake.</summary>
    public void Abort() => _socket.Abort();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Not the gate: a goodbye may still be on its way through it.
        _socket.Dispose();
        byte[] buffer = Interlocked.Exchange(ref _receiveBuffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return ValueTask.CompletedTask;
    }

    private static string Shorten(string reason)
    {
        while (Encoding.UTF8.GetByteCount(reason) > ReasonBytesMax)
        {
            // A character of a pair alone would be three bytes that mean nothing.
            reason = reason[..^(char.IsLowSurrogate(reason[^1]) ? 2 : 1)];
        }

        return reason;
    }

    private void Grow(int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(length * 2);
        _receiveBuffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_receiveBuffer);
        _receiveBuffer = larger;
    }
}
