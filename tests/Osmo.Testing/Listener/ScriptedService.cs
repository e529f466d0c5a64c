using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Osmo.Testing.Listener;

/// <summary>
/// A service that knows nothing but the protocol of OSMO's listeners, as it was recorded, and is as strict as that one: what a message
/// has too much or too little, in another order or of another kind, is a violation, and its connection is dropped.
/// </summary>
public sealed class ScriptedService : IAsyncDisposable
{
    private const string Exchange = "/api/auth/jwt/access_token";
    private const string Listener = "/api/agent/listener/";

    private readonly ConcurrentQueue<ServedFrame> _frames = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentQueue<ServedRequest> _requests = new();
    private readonly ConcurrentDictionary<int, ServedConnection> _open = new();
    private WebApplication? _application;
    private volatile bool _acknowledgesNodes = true;
    private int _connections;
    private int _sessions;

    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>Everything that was received, in order.</summary>
    public IReadOnlyList<ServedFrame> Frames => [.. _frames];

    /// <summary>What a real service would not have understood.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>Every HTTP request, handshakes included.</summary>
    public IReadOnlyList<ServedRequest> Requests => [.. _requests];

    /// <summary>A channel beside the node channel on which nothing is acknowledged; null for none.</summary>
    public string? SilentChannel { get; set; }

    /// <summary>Whether messages on the node channel are acknowledged.</summary>
    public bool AcknowledgesNodes
    {
        get => _acknowledgesNodes;
        set => _acknowledgesNodes = value;
    }

    /// <summary>The method by which access tokens are exchanged; the other one is answered with 405.</summary>
    public string ExchangeMethod { get; set; } = "GET";

    /// <summary>What log-ins are answered with.</summary>
    public int ExchangeStatus { get; set; } = 200;

    /// <summary>The backend's own configuration; null is 404.</summary>
    public JsonObject? Configuration { get; set; }

    /// <summary>The body that is pushed when a control channel connects; null for none.</summary>
    public JsonObject? Conditions { get; set; }

    /// <summary>Rows by host name, as the messages make them.</summary>
    public ServedRows Rows { get; } = new();

    public static async Task<ScriptedService> StartAsync(Action<ScriptedService>? configure = null)
    {
        var service = new ScriptedService();
        configure?.Invoke(service);
        await service.ListenAsync();
        return service;
    }

    /// <summary>Frames of one type, in order.</summary>
    public IReadOnlyList<ServedFrame> Of(string type) => [.. _frames.Where(frame => frame.Type == type)];

    /// <summary>Pushes other conditions, to the control channels that are open and to later ones.</summary>
    public async Task PushAsync(JsonObject body)
    {
        Conditions = body;
        foreach (var connection in _open.Values.Where(connection => connection.Channel == "control"))
        {
            await connection.SendAsync("node_conditions", body);
        }
    }

    /// <summary>Sends any text to all connections of a channel.</summary>
    public async Task SendAsync(string channel, string text)
    {
        foreach (var connection in _open.Values.Where(connection => connection.Channel == channel))
        {
            await connection.SendAsync(text);
        }
    }

    /// <summary>The port refuses, and open connections break.</summary>
    public async Task StopListeningAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            foreach (var connection in _open.Values)
            {
                connection.Abort();
            }

            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    /// <summary>Listens, again where it did before.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Url.Port));
        var application = builder.Build();
        application.UseWebSockets();
        application.Run(HandleAsync);
        await application.StartAsync();
        _application = application;
        Url = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public ValueTask DisposeAsync() => new(StopListeningAsync());

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var body = context.WebSockets.IsWebSocketRequest ? "" : await new StreamReader(context.Request.Body).ReadToEndAsync();
        var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        _requests.Enqueue(new ServedRequest(context.Request.Method, path, context.Request.QueryString.Value ?? "", headers, body));
        if (path == Exchange)
        {
            context.Response.StatusCode = context.Request.Method == ExchangeMethod ? ExchangeStatus : 405;
            var session = $"session-{Interlocked.Increment(ref _sessions)}";
            await context.Response.WriteAsync(context.Response.StatusCode == 200 ? $$"""{"token":"{{session}}","expires_at":1}""" : "no");
        }
        else if (path.StartsWith("/api/configs/backend/", StringComparison.Ordinal))
        {
            context.Response.StatusCode = Configuration is null ? 404 : 200;
            await context.Response.WriteAsync(Configuration?.ToJsonString() ?? "{}");
        }
        else if (path.StartsWith(Listener, StringComparison.Ordinal) && context.WebSockets.IsWebSocketRequest)
        {
            await ServeAsync(await context.WebSockets.AcceptWebSocketAsync(), path[Listener.Length..].Split('/')[0]);
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private async Task ServeAsync(WebSocket socket, string channel)
    {
        var number = Interlocked.Increment(ref _connections);
        using var connection = new ServedConnection(socket, channel);
        _open[number] = connection;
        try
        {
            if (channel == "control" && Conditions is { } conditions)
            {
                await connection.SendAsync("node_conditions", conditions);
            }

            var isKnown = false;
            while (await connection.ReceiveAsync() is { } text)
            {
                var frame = ServedFrame.Read(number, channel, text);
                _frames.Enqueue(frame);
                if ((frame.Violation ?? (isKnown || frame.Type is "logging" or "init" ? null : "comes before init")) is { } violation)
                {
                    _violations.Enqueue($"{channel}: {violation}: {text}");
                    return;
                }

                if (isKnown && channel != "control" && (AcknowledgesNodes || channel != "node") && channel != SilentChannel)
                {
                    Rows.Apply(frame);
                    await connection.SendAsync("ack", new JsonObject { ["uuid"] = frame.Id });
                }

                isKnown |= frame.Type == "init";
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The agent, or the test, has ended the connection.
        }
        finally
        {
            _open.TryRemove(number, out _);
        }
    }
}

/// <summary>An HTTP request.</summary>
public sealed record ServedRequest(
    string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
