using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Osmo.Testing.Network;

/// <summary>A proxy in front of a server, by which a test breaks the network: stalls either direction, delays, cuts, refuses.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>Pieces on their way in one direction of a connection, at most.</summary>
    private const int PiecesMax = 64;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly Task _accepting;
    private TaskCompletionSource? _toServerStall;
    private TaskCompletionSource? _toClientStall;
    private volatile bool _refuses;
    private long _connections;
    private long _delayTicks;

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

    /// <summary>How long what the server sends takes to its clients, beyond what the machine needs.</summary>
    public TimeSpan DelayToClient
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
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
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or InvalidOperationException)
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
                CopyAsync(client, server, () => Volatile.Read(ref _toServerStall), () => TimeSpan.Zero),
                CopyAsync(server, client, () => Volatile.Read(ref _toClientStall), () => DelayToClient));
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

    private async Task CopyAsync(Socket from, Socket to, Func<TaskCompletionSource?> stall, Func<TimeSpan> delay)
    {
        var pieces = System.Threading.Channels.Channel.CreateBounded<(long ReceivedAt, byte[] Bytes)>(PiecesMax);
        var sending = SendAsync(pieces, to, stall, delay);
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var length)
            {
                await pieces.Writer.WriteAsync((Stopwatch.GetTimestamp(), buffer[..length]), _stop.Token);
            }
        }
        catch (Exception failure) when (
            failure is OperationCanceledException or SocketException or ObjectDisposedException or ChannelClosedException)
        {
            // Either end is gone: the connection ends as a whole.
        }

        pieces.Writer.TryComplete();
        await sending;
    }

    private async Task SendAsync(
        Channel<(long ReceivedAt, byte[] Bytes)> pieces, Socket to, Func<TaskCompletionSource?> stall, Func<TimeSpan> delay)
    {
        try
        {
            await foreach (var (receivedAt, bytes) in pieces.Reader.ReadAllAsync(_stop.Token))
            {
                if (delay() - Stopwatch.GetElapsedTime(receivedAt) is { TotalMilliseconds: > 1 } early)
                {
                    using var due = new PeriodicTimer(early);
                    await due.WaitForNextTickAsync(_stop.Token);
                }

                while (stall() is { } stalled)
                {
                    await stalled.Task.WaitAsync(_stop.Token);
                }

                for (var sent = 0; sent < bytes.Length;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent), _stop.Token);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // As above; and nobody waits for room any more.
            pieces.Writer.TryComplete();
            Reset(to);
        }
    }
}
