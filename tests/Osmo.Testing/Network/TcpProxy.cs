using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Osmo.Testing.Network;

/// <summary>A proxy in front of a server, by which a test breaks the network: stalls either direction, cuts, refuses.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly Task _accepting;
    private TaskCompletionSource? _toServerStall;
    private TaskCompletionSource? _toClientStall;
    private volatile bool _refuses;
    private long _connections;

    private TcpProxy(Uri target)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target.Port);
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where clients connect.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Connections that are open now.</summary>
    public int Open => _open.Count / 2;

    /// <summary>Connections so far.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Whether what clients send stays in the proxy. What was held back follows when switched off.</summary>
    public bool StallsToServer
    {
        get => Volatile.Read(ref _toServerStall) is not null;
        set => Stall(ref _toServerStall, value);
    }

    /// <summary>Whether what the server sends stays in the proxy. What was held back follows when switched off.</summary>
    public bool StallsToClient
    {
        get => Volatile.Read(ref _toClientStall) is not null;
        set => Stall(ref _toClientStall, value);
    }

    /// <summary>Whether new connections are reset.</summary>
    public bool Refuses
    {
        get => _refuses;
        set => _refuses = value;
    }

    public static TcpProxy InFrontOf(Uri target) => new(target);

    /// <summary>Resets every open connection, both ends at once.</summary>
    public void Cut()
    {
        foreach (var socket in _open.Keys)
        {
            Reset(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        StallsToServer = false;
        StallsToClient = false;
        await _accepting;
        _stop.Dispose();
    }

    private static void Stall(ref TaskCompletionSource? stall, bool on)
    {
        if (on)
        {
            stall ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        else
        {
            Interlocked.Exchange(ref stall, null)?.TrySetResult();
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Closed by the other side already.
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                if (_refuses)
                {
                    Reset(client);
                    continue;
                }

                Interlocked.Increment(ref _connections);
                _ = CarryAsync(client);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _open[client] = 0;
        _open[server] = 0;
        try
        {
            await server.ConnectAsync(_target, _stop.Token);
            await Task.WhenAny(
                CopyAsync(client, server, () => Volatile.Read(ref _toServerStall)),
                CopyAsync(server, client, () => Volatile.Read(ref _toClientStall)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server refuses: so does the proxy.
        }
        finally
        {
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
            Reset(client);
            Reset(server);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, Func<TaskCompletionSource?> stall)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var length)
            {
                while (stall() is { } stalled)
                {
                    await stalled.Task.WaitAsync(_stop.Token);
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _stop.Token);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Either end is gone: the connection ends as a whole.
        }
    }
}
