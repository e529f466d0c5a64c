using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Osmo.Bench.Listener;

/// <summary>
/// A WebSocket that costs the machine next to nothing: prepared frames go out as they are, many with one call, masked with zeros, and
/// what comes is passed on where it lies. A full client would measure itself where it shares the cores with the server.
/// </summary>
internal sealed class ListenerConnection : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private const byte TextOpcode = 0x81;
    private const byte PingOpcode = 0x89;
    private const byte PongOpcode = 0x8A;
    private const byte CloseOpcode = 0x88;
    private const byte Masked = 0x80;
    private const int MaskBytes = 4;
    private const byte LengthInTwoBytes = 126;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    private ListenerConnection(Socket socket) => _socket = socket;

    public static async Task<ListenerConnection> OpenAsync(Uri gateway, string path, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway.Host, gateway.Port, cancel);
        var connection = new ListenerConnection(socket);
        var request = $"GET {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-osmo-user: agent\r\n\r\n";
        await connection.SendAsync(Encoding.ASCII.GetBytes(request), cancel);
        int head;
        while ((head = connection.Received.IndexOf("\r\n\r\n"u8)) < 0)
        {
            await connection.ReceiveAsync(cancel);
        }

        if (!connection.Received.StartsWith("HTTP/1.1 101"u8))
        {
            throw new IOException($"The handshake was refused: {Encoding.UTF8.GetString(connection.Received)}");
        }

        connection._start += head + 4;
        return connection;
    }

    private ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The bytes of a text frame, ready to be sent.</summary>
    public static byte[] Frame(string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        return payload.Length < LengthInTwoBytes
            ? [TextOpcode, (byte)(Masked | payload.Length), 0, 0, 0, 0, .. payload]
            : [TextOpcode, Masked | LengthInTwoBytes, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> frames, CancellationToken cancel)
    {
        while (frames.Length > 0)
        {
            frames = frames[await _socket.SendAsync(frames, cancel)..];
        }
    }

    /// <summary>Waits until something has come.</summary>
    /// <exception cref="IOException">The server ended the connection.</exception>
    public async ValueTask ReceiveAsync(CancellationToken cancel)
    {
        if (_start > 0)
        {
            Received.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var bytes = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancel);
        _end += bytes > 0 ? bytes : throw new IOException("The server ended the connection.");
    }

    /// <summary>Takes the next whole frame out of what has come, where there is one.</summary>
    /// <param name="payload">Its text; valid until the next wait.</param>
    /// <exception cref="IOException">It is the server's close.</exception>
    public bool TryTake(out ReadOnlySpan<byte> payload)
    {
        payload = default;
        while (Received is { Length: >= 2 } frame)
        {
            var (header, length) = frame[1] == LengthInTwoBytes
                ? (4, frame.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(frame[2..]) : BufferBytes)
                : (2, (int)frame[1]);
            if (frame.Length < header + length)
            {
                return false;
            }

            _start += header + length;
            payload = frame.Slice(header, length);
            switch (frame[0])
            {
                case TextOpcode:
                    return true;
                case CloseOpcode:
                    throw new IOException($"The server closed: {Encoding.UTF8.GetString(payload[Math.Min(2, length)..])}");
                case PingOpcode:
                    byte[] pong = [PongOpcode, (byte)(Masked | length), .. new byte[MaskBytes], .. payload];
                    _socket.Send(pong);
                    break;
            }
        }

        return false;
    }

    public void Dispose() => _socket.Dispose();
}
