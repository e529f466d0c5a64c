using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Osmo.Testing.Listener;

/// <summary>
/// One of a Python agent's sockets: keeps every message until its acknowledgement, sends what has none again after a reconnect, and has
/// the real one's habit to send the last of these once more after the reconnect that follows.
/// </summary>
public sealed class PythonChannel
{
    private readonly PythonAgent _agent;
    private readonly Lock _gate = new();
    private readonly Queue<Message> _waiting = new();
    private readonly LinkedList<Message> _unacked = new();
    private readonly Channel<bool> _mayGoOn = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ListenerSocket? _socket;
    private bool _reads = true;

    internal PythonChannel(PythonAgent agent, string name)
    {
        _agent = agent;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Connections so far that said who they are.</summary>
    public int Connections { get; private set; }

    /// <summary>Handshakes that were refused, or never answered.</summary>
    public int Refusals { get; private set; }

    /// <summary>Messages that were sent, each as often as it was.</summary>
    public int Sent { get; private set; }

    /// <summary>Acknowledgements that came.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Messages that were sent again after a reconnect, though they had been acknowledged.</summary>
    public int StaleRepeats { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary>Messages that were sent and have no acknowledgement.</summary>
    public int Unacked
    {
        get
        {
            lock (_gate)
            {
                return _unacked.Count;
            }
        }
    }

    /// <summary>Whether everything was sent and acknowledged.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && _unacked.Count == 0;
            }
        }
    }

    private bool IsControl => Name == "control";

    /// <summary>Cuts the connection; it comes back by itself.</summary>
    public void Cut() => _socket?.Cut();

    /// <summary>A slow reader: takes nothing off the socket, on this and later connections, until <see cref="ResumeReading"/>.</summary>
    public void PauseReading()
    {
        _reads = false;
        _socket?.PauseReading();
    }

    public void ResumeReading()
    {
        _reads = true;
        _socket?.ResumeReading();
    }

    /// <summary>Puts a message into the queue.</summary>
    public void Post(string type, JsonObject body)
    {
        var uuid = ListenerFrames.NewUuid();
        Enqueue(new Message(uuid, PythonJson.Frame(type, body, uuid)));
    }

    public override string ToString() =>
        $"{Name}: {(IsConnected ? "connected" : "apart")}, {Connections} connections, {Sent} sent, {Acknowledged} acknowledged, "
        + $"{Unacked} open";

    internal async Task RunAsync(CancellationToken cancel)
    {
        using var pause = new PeriodicTimer(_agent.Options.ReconnectPause);
        while (!cancel.IsCancellationRequested)
        {
            Message? replayed = null;
            try
            {
                var header = await _agent.Login.HeaderAsync(cancel);
                await using var socket = await ListenerSocket.ConnectAsync(
                    _agent.Options.Host, ListenerSocket.PathOf(Name, _agent.Options.Backend), header, _reads);
                using var cut = cancel.Register(socket.Cut);
                _socket = socket;
                await BeginAsync(socket);
                var reading = ReadAsync(socket);
                try
                {
                    replayed = IsControl ? null : await ReplayAsync(socket);
                    await SendAsync(socket, cancel);
                }
                finally
                {
                    socket.Cut();
                    await reading;
                    IsConnected = false;
                    _agent.Closed(this, socket.CloseCode, socket.CloseReason);
                }
            }
            catch (PythonExitException failure)
            {
                _agent.Die(failure.Message);
                return;
            }
            catch (Exception failure) when (ListenerSocket.IsEnd(failure) || failure is HttpRequestException)
            {
                Refusals += failure is WebSocketException && _socket is null ? 1 : 0;
            }

            _socket = null;
            if (replayed is not null)
            {
                StaleRepeats++;
                Enqueue(replayed);
            }

            await WaitAsync(pause, cancel);
        }
    }

    private async Task BeginAsync(ListenerSocket socket)
    {
        var options = _agent.Options;
        var address = $"ws://{options.Host.Authority}{ListenerSocket.PathOf(Name, options.Backend)}";
        await socket.SendAsync(ListenerFrames.Logging($"Successfully connected to {address}"));
        await socket.SendAsync(ListenerFrames.Init(options.Uid, options.Version, options.Prefix, options.Namespace));
        Connections++;
        IsConnected = true;
    }

    private async Task<Message?> ReplayAsync(ListenerSocket socket)
    {
        Message[] open;
        lock (_gate)
        {
            open = [.. _unacked];
        }

        foreach (var message in open)
        {
            await socket.SendAsync(message.Text);
            Sent++;
        }

        return open.LastOrDefault();
    }

    private async Task SendAsync(ListenerSocket socket, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested && !socket.Ended.IsCompleted)
        {
            if (Next() is { } message)
            {
                await socket.SendAsync(message.Text);
                Sent++;
            }
            else
            {
                await _mayGoOn.Reader.ReadAsync(cancel);
            }
        }
    }

    private Message? Next()
    {
        lock (_gate)
        {
            if (_unacked.Count >= _agent.Options.UnackedMax || !_waiting.TryDequeue(out var message))
            {
                return null;
            }

            _unacked.AddLast(message);
            return message;
        }
    }

    private async Task ReadAsync(ListenerSocket socket)
    {
        while (await socket.NextOrEndAsync() is { } text)
        {
            if (_agent.Receive(this, text) is { } uuid)
            {
                Acknowledge(uuid);
            }
        }

        await socket.Ended;
        _mayGoOn.Writer.TryWrite(true);
    }

    private void Acknowledge(string uuid)
    {
        lock (_gate)
        {
            var message = _unacked.FirstOrDefault(message => message.Uuid == uuid);
            if (message is null)
            {
                _agent.Violate(this, $"an ack for {uuid}, which is unknown");
                return;
            }

            if (_unacked.First!.Value != message)
            {
                _agent.Violate(this, $"an ack for {uuid} before that of {_unacked.First.Value.Uuid}, which was sent before");
            }

            _unacked.Remove(message);
            Acknowledged++;
        }

        _mayGoOn.Writer.TryWrite(true);
    }

    private void Enqueue(Message message)
    {
        lock (_gate)
        {
            _waiting.Enqueue(message);
        }

        _mayGoOn.Writer.TryWrite(true);
    }

    private static async Task WaitAsync(PeriodicTimer pause, CancellationToken cancel)
    {
        try
        {
            await pause.WaitForNextTickAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }

    private sealed record Message(string Uuid, string Text);
}
