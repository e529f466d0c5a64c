using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Osmo.Protocol;

namespace Osmo.Agent;

/// <summary>
/// One of the connections of a listener, kept for ever: log in, connect, say who connects, then what was not acknowledged, then what is
/// new.
/// </summary>
internal sealed class ListenerSocket
{
    // The other side's frames are acknowledgements and conditions.
    private const int FrameBytesMax = 1024 * 1024;
    private const int InfoLevel = 20;

    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AcknowledgeCheckInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastWordsTimeout = TimeSpan.FromSeconds(1);

    private readonly ListenerLogin _login;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WebSocketOpener _opener;
    private readonly ReconnectLoop _loop;
    private readonly Uri _address;
    private byte[] _init = [];

    public ListenerSocket(AgentOptions options, string channel, ListenerLogin login, AsyncSignal room, TimeProvider time, ILogger logger)
    {
        _login = login;
        _time = time;
        _logger = logger;
        _opener = new WebSocketOpener(options, time);
        _loop = new ReconnectLoop(options, time, logger);
        _address = new UriBuilder(options.Host)
        {
            Scheme = options.Host.Scheme is "https" or "wss" ? "wss" : "ws",
            Port = options.Host.Port,
            Path = $"/api/agent/listener/{channel}/backend/{options.Backend}",
        }.Uri;
        Outbox = new ListenerOutbox(options.Listener.MaxUnackedMessages, room, time);
    }

    /// <summary>What it sends, beside its introduction.</summary>
    public ListenerOutbox Outbox { get; }

    /// <summary>Takes the conditions that are pushed; null where none are expected.</summary>
    public Action<JsonElement>? OnConditions { get; init; }

    /// <summary>Runs while the connection is up; null for nothing.</summary>
    public Func<CancellationToken, Task>? Work { get; init; }

    /// <summary>Called when the connection has come up (true), and when it is gone.</summary>
    public Action<bool>? OnConnected { get; init; }

    public string? LastError => _loop.LastError;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="init">The body by which the agent introduces itself.</param>
    /// <param name="cancellation">Ends it in good order.</param>
    public Task RunAsync(byte[] init, CancellationToken cancellation)
    {
        _init = init;
        return _loop.RunAsync(ConnectAsync, ConverseAsync, cancellation);
    }

    private async Task<ClientWebSocket> ConnectAsync(CancellationToken cancellation)
    {
        IReadOnlyList<KeyValuePair<string, string>> headers = await _login.LogInAsync(cancellation).ConfigureAwait(false);
        return await _opener.OpenAsync(_address, Configure, cancellation).ConfigureAwait(false);

        void Configure(ClientWebSocketOptions socket)
        {
            socket.KeepAliveInterval = PingInterval;
            socket.KeepAliveTimeout = PingTimeout;
            socket.SetRequestHeader("User-Agent", ListenerLogin.UserAgent);
            foreach ((string name, string value) in headers)
            {
                socket.SetRequestHeader(name, value);
            }
        }
    }

    private async Task ConverseAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        await using FrameConnection frames = new(socket, WebSocketMessageType.Text);
        await IntroduceAsync(frames, cancellation).ConfigureAwait(false);
        ListenerLog.Connected(_logger, _address);
        _loop.Welcomed();
        Outbox.Rewind();
        OnConnected?.Invoke(true);
        try
        {
            await ExchangeAsync(frames, cancellation).ConfigureAwait(false);
        }
        finally
        {
            OnConnected?.Invoke(false);
        }
    }

    private async Task IntroduceAsync(FrameConnection frames, CancellationToken cancellation)
    {
        byte[] hello = ListenerMessages.Logging(InfoLevel, $"Successfully connected to {_address}");
        await SendAsync(frames, ListenerMessages.Frame("logging", hello, ListenerMessages.NewId()), cancellation).ConfigureAwait(false);
        await SendAsync(frames, ListenerMessages.Frame("init", _init, ListenerMessages.NewId()), cancellation).ConfigureAwait(false);
    }

    /// <summary>Both directions at once, until either ends, which is always by an exception.</summary>
    private async Task ExchangeAsync(FrameConnection frames, CancellationToken cancellation)
    {
        using CancellationTokenSource ended = new();
        using CancellationTokenSource stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task receive = ReceiveLoopAsync(frames, ended.Token);
        Task send = SendLoopAsync(frames, ended.Token);
        Task acknowledged = WatchAcknowledgementsAsync(ended.Token);
        Task work = Work?.Invoke(ended.Token) ?? Task.Delay(Timeout.InfiniteTimeSpan, _time, ended.Token);
        Task cancelled = Task.Delay(Timeout.InfiniteTimeSpan, _time, stopped.Token);
        Task first = await Task.WhenAny(receive, send, acknowledged, work, cancelled).ConfigureAwait(false);
        if (first == cancelled)
        {
            using CancellationTokenSource limit = new(LastWordsTimeout, _time);
            await frames.CloseAsync(WebSocketCloseStatus.NormalClosure, "The agent stops.", limit.Token)
                .AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (first == send)
        {
            // Sending fails as well when the other side has left; why it did may have arrived and not been read yet.
            await Task.WhenAny(receive, Task.Delay(LastWordsTimeout, _time, stopped.Token)).ConfigureAwait(false);
            first = receive.Exception?.InnerException is ChannelException ? receive : send;
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await stopped.CancelAsync().ConfigureAwait(false);

        // Nobody may touch what is to be reported any more once this returns.
        await Task.WhenAll(receive, send, acknowledged, work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }

    private async Task ReceiveLoopAsync(FrameConnection frames, CancellationToken cancellation)
    {
        while (await frames.ReceiveAsync(FrameBytesMax, cancellation).ConfigureAwait(false) is { } frame)
        {
            Handle(frame);
        }

        throw new ChannelException("The service closed the connection.");
    }

    private void Handle(ReadOnlyMemory<byte> frame)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(frame);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || root.EnumerateObject().Any(field => field.Name is not ("type" or "body" or "uuid")))
            {
                ListenerLog.Ignored(_logger, _address, "it is no object of type, body and uuid");
                return;
            }

            Handle(Text(root, "type"), root.TryGetProperty("body", out JsonElement body) ? body : default);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            ListenerLog.Ignored(_logger, _address, "it is no JSON");
        }
    }

    private void Handle(string? type, JsonElement body)
    {
        if (type == "ack" && Text(body, "uuid") is { } id)
        {
            if (!Outbox.Acknowledge(id))
            {
                ListenerLog.UnknownAcknowledgement(_logger, _address);
            }
        }
        else if (type == "node_conditions" && OnConditions is { } onConditions)
        {
            onConditions(body);
        }
        else
        {
            ListenerLog.Ignored(_logger, _address, "nothing is known of its type, or of its type on this channel");
        }
    }

    private async Task SendLoopAsync(FrameConnection frames, CancellationToken cancellation)
    {
        while (true)
        {
            if (Outbox.TryTake(out ReadOnlyMemory<byte> frame))
            {
                await SendAsync(frames, frame, cancellation).ConfigureAwait(false);
            }
            else
            {
                await Outbox.Ready.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(FrameConnection frames, ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(SendTimeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await frames.SendAsync(frame, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ChannelException($"The service took nothing for {SendTimeout.TotalSeconds:F0} s.");
        }
    }

    /// <summary>A service that answers pings and acknowledges nothing would otherwise be believed for ever, and nothing reported.</summary>
    private async Task WatchAcknowledgementsAsync(CancellationToken cancellation)
    {
        while (Outbox.Waiting < AcknowledgeTimeout)
        {
            await Task.Delay(AcknowledgeCheckInterval, _time, cancellation).ConfigureAwait(false);
        }

        throw new ChannelException(
            $"The service has acknowledged nothing for {AcknowledgeTimeout.TotalSeconds:F0} s. Look at its log, and at its database.");
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
}
