using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Osmo.Bench.Cluster;

/// <summary>
/// One HTTP connection that costs the machine next to nothing: prepared requests go out as they are, and of an answer only its status
/// and length are read. A full client would measure itself where it shares the cores with the server.
/// </summary>
internal sealed class GatewayConnection : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private const int StatusAt = 9;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[BufferBytes];

    private GatewayConnection(Socket socket) => _socket = socket;

    public static async Task<GatewayConnection> OpenAsync(Uri gateway, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway.Host, gateway.Port, cancel);
        return new GatewayConnection(socket);
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(Uri gateway, string method, string path, string? json = null)
    {
        var body = json is null ? "" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n";
        return Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\n{body}\r\n{json}");
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">The connection ended, or the answer does not say how long it is.</exception>
    public async Task<int> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        await _socket.SendAsync(request, cancel);
        var (received, head) = (0, -1);
        while (head < 0)
        {
            received += await ReceiveAsync(_buffer.AsMemory(received), cancel);
            head = _buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
        }

        for (var left = head + 4 + LengthOf(_buffer.AsSpan(0, head)) - received; left > 0;)
        {
            left -= await ReceiveAsync(_buffer.AsMemory(BufferBytes / 2, Math.Min(left, BufferBytes / 2)), cancel);
        }

        return Utf8Parser.TryParse(_buffer.AsSpan(StatusAt, 3), out int status, out _) ? status : throw new IOException("No HTTP answer.");
    }

    public void Dispose() => _socket.Dispose();

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        var name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _)
            ? length
            : throw new IOException($"An answer without a length: {Encoding.UTF8.GetString(head)}");
    }

    private async Task<int> ReceiveAsync(Memory<byte> target, CancellationToken cancel) =>
        await _socket.ReceiveAsync(target, cancel) is > 0 and var bytes ? bytes : throw new IOException("The gateway ended the connection.");
}
