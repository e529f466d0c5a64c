using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Osmo.Testing.Listener;

/// <summary>One socket of the listener protocol, over which a test sends just what it wants to.</summary>
public sealed class ListenerSocket : IAsyncDisposable
{
    /// <summary>What Python's client says that it is.</summary>
    public const string UserAgent = "Python/3.11 websockets/10.4";

    private const int BufferBytes = 8 * 1024;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Channel<string> _frames = System.Threading.Channels.Channel.CreateUnbounded<string>();
    private readonly Task _reading;
    private TaskCompletionSource _mayRead = Opened();

    private ListenerSocket(ClientWebSocket socket, bool reads)
    {
        _socket = socket;
        if (!reads)
        {
            _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Ends when the connection has ended, however it did.</summary>
    public Task Ended => _reading;

    /// <summary>The code of the close frame that the server sent; null where none came.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <summary>The reason in the close frame.</summary>
    public string? CloseReason => _socket.CloseStatusDescription;

    /// <summary>Path of a channel's endpoint.</summary>
    public static string PathOf(string channel, string backend) =>
        channel == "worker" ? $"/api/agent/worker/backend/{backend}" : $"/api/agent/listener/{channel}/backend/{backend}";

    /// <summary>Connects.</summary>
    /// <param name="server">Where; the path part is dropped.</param>
    /// <param name="path">Of the endpoint.</param>
    /// <param name="header">Who: <c>x-osmo-user</c> or <c>x-osmo-auth</c> with its value.</param>
    /// <param name="reads">Whether it reads from the start; see <see cref="PauseReading"/>.</param>
    /// <exception cref="WebSocketException">The handshake was refused.</exception>
    public static async Task<ListenerSocket> ConnectAsync(Uri server, string path, (string Name, string Value) header, bool reads = true)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = Ping;
        socket.Options.KeepAliveTimeout = Ping;
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        socket.Options.SetRequestHeader("User-Agent", UserAgent);
        socket.Options.SetRequestHeader(header.Name, header.Value);
        try
        {
            using var limit = new CancellationTokenSource(Deadline);
            var address = new UriBuilder(server) { Scheme = server.Scheme == "https" ? "wss" : "ws", Path = path, Query = "" }.Uri;
            await socket.ConnectAsync(address, limit.Token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new ListenerSocket(socket, reads);
    }

    /// <summary>Connects to a channel as the agent of a server in development mode.</summary>
    public static Task<ListenerSocket> ConnectAsync(Uri server, string channel, string backend) =>
        ConnectAsync(server, PathOf(channel, backend), ("x-osmo-user", "agent"));

    /// <summary>Connects to a channel and says who it is.</summary>
    public static async Task<ListenerSocket> JoinAsync(
        Uri server, string channel, string backend, string version = "1.0.0", string? clusterUid = null)
    {
        var socket = await ConnectAsync(server, channel, backend);
        await socket.SendAsync(ListenerFrames.Logging($"Successfully connected to {channel}"));
        await socket.SendAsync(ListenerFrames.Init(clusterUid ?? ListenerFrames.UidOf(backend), version));
        return socket;
    }

    /// <summary>The status with which a handshake is answered: 101 where it succeeds.</summary>
    public static async Task<int> HandshakeAsync(Uri server, string path, (string Name, string Value) header)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader(header.Name, header.Value);
        try
        {
            await socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = path }.Uri, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }

        return (int)socket.HttpStatusCode;
    }

    /// <summary>Sends a text frame.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    /// <summary>Sends bytes as a frame of any kind, valid or not.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type)
    {
        await _sending.WaitAsync(_ending.Token);
        try
        {
            await _socket.SendAsync(bytes, type, endOfMessage: true, _ending.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a frame, where the server may have closed the socket already.</summary>
    public async Task TrySendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type = WebSocketMessageType.Text)
    {
        try
        {
            await SendAsync(bytes, type);
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            // Ended says so.
        }
    }

    /// <summary>The next frame that came; null where the connection ended instead.</summary>
    public async Task<string?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            return await _frames.Reader.ReadAsync(limit.Token);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"waited {Deadline.TotalSeconds} s in vain for a frame");
        }
    }

    /// <summary>The next frame, however long that takes; null where the connection ended instead.</summary>
    public async Task<string?> NextOrEndAsync() =>
        await _frames.Reader.WaitToReadAsync() && _frames.Reader.TryRead(out var frame) ? frame : null;

    /// <summary>The next frame, read.</summary>
    /// <exception cref="InvalidOperationException">The connection ended instead.</exception>
    public async Task<JsonObject> NextJsonAsync() => await NextAsync() is { } text
        ? JsonNode.Parse(text)!.AsObject()
        : throw new InvalidOperationException($"The connection ended: {CloseCode} {CloseReason}");

    /// <summary>Sends a message and waits until the server acknowledges it, as the next frame that it sends.</summary>
    /// <param name="frame">The message.</param>
    /// <exception cref="InvalidDataException">Another frame came.</exception>
    public async Task AcknowledgedAsync(string frame)
    {
        await SendAsync(frame);
        await ExpectAckAsync(ListenerFrames.UuidOf(frame));
    }

    /// <summary>Waits for the acknowledgement of a message, as the next frame.</summary>
    /// <exception cref="InvalidDataException">Another frame came.</exception>
    public async Task ExpectAckAsync(string uuid)
    {
        var frame = await NextJsonAsync();
        if ((string?)frame["type"] != "ack" || (string?)frame["body"]?["uuid"] != uuid)
        {
            throw new InvalidDataException($"Expected the acknowledgement of {uuid}, got {frame.ToJsonString()}");
        }
    }

    /// <summary>Waits for the server's close.</summary>
    public async Task<(int? Code, string? Reason)> ClosedAsync()
    {
        await _reading.WaitAsync(Deadline);
        return (CloseCode, CloseReason);
    }

    /// <summary>Stops reading, so that what the server sends piles up on its side.</summary>
    public void PauseReading() => _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads again.</summary>
    public void ResumeReading() => _mayRead.TrySetResult();

    /// <summary>Says goodbye and waits for the answer, which the server gives when it has read everything before.</summary>
    public async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        await _reading.WaitAsync(limit.Token);
    }

    /// <summary>Cuts the connection without a word.</summary>
    public void Cut()
    {
        _mayRead.TrySetResult();
        _ending.Cancel();
        _socket.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
        _ending.Dispose();
    }

    /// <summary>Whether a failure only means that the connection has ended.</summary>
    public static bool IsEnd(Exception failure) =>
        failure is OperationCanceledException or WebSocketException or ObjectDisposedException or IOException or InvalidOperationException;

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[BufferBytes];
        var length = 0;
        try
        {
            while (true)
            {
                await _mayRead.Task;
                var part = await _socket.ReceiveAsync(buffer.AsMemory(length), _ending.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    if (_socket.State == WebSocketState.CloseReceived)
                    {
                        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _ending.Token);
                    }

                    break;
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    _frames.Writer.TryWrite(Encoding.UTF8.GetString(buffer, 0, length));
                    length = 0;
                }
                else if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            // The connection is gone, which Ended says.
        }

        _frames.Writer.TryComplete();
    }
}
