using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Testing.Channel;

/// <summary>Gateway and silo as an agent sees them, on a real socket, answering what a test tells it to.</summary>
public sealed class ScriptedSilo : IAsyncDisposable
{
    private readonly ConcurrentQueue<SiloConversation> _conversations = new();
    private readonly CancellationTokenSource _stop = new();
    private WebApplication? _application;
    private int _requests;
    private bool _isDisposed;

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>What a Hello is answered with.</summary>
    public Func<Hello, SiloMessage> Answer { get; set; } = _ => WelcomeOf();

    /// <summary>Whether batches are acknowledged as they come.</summary>
    public bool AcknowledgesAtOnce { get; set; } = true;

    /// <summary>An HTTP status that is answered in place of a WebSocket; 0 for none.</summary>
    public int RefusalStatus { get; set; }

    /// <summary>Only this Authorization header is let in; null for any.</summary>
    public string? RequiredAuthorization { get; set; }

    /// <summary>Handshakes so far, refused ones included.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public IReadOnlyList<SiloConversation> Conversations => [.. _conversations];

    public SiloConversation Latest => _conversations.Last();

    public static SiloMessage WelcomeOf(uint window = 8, bool labels = true, uint heartbeatMs = 60_000) => new()
    {
        Welcome = new Welcome
        {
            ProtocolVersion = AgentChannel.ProtocolVersion,
            WindowBatches = window,
            LabelUpdates = labels,
            HeartbeatIntervalMs = heartbeatMs,
        },
    };

    public static SiloMessage RefusalOf(Refusal.Types.Code code, string message, uint retryAfterMs = 0) =>
        new() { Refusal = new Refusal { Code = code, Message = message, RetryAfterMs = retryAfterMs } };

    public static async Task<ScriptedSilo> StartAsync()
    {
        ScriptedSilo silo = new();
        await silo.ListenAsync();
        return silo;
    }

    /// <summary>Waits for a conversation, by number from zero, whose snapshot is complete.</summary>
    public async Task<SiloConversation> SnapshotAsync(int number = 0)
    {
        await Eventually.HoldsAsync(
            () => Conversations.Skip(number).Any(conversation => conversation.Fleet.IsComplete),
            $"a snapshot on connection {number} or later",
            () => $"{Conversations.Count} connections, {Requests} handshakes");
        return Conversations.Skip(number).First(conversation => conversation.Fleet.IsComplete);
    }

    /// <summary>The port refuses connections, and those that were open break.</summary>
    public async Task StopListeningAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            foreach (SiloConversation conversation in Conversations)
            {
                conversation.Abort();
            }

            using CancellationTokenSource now = new();
            await now.CancelAsync();
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    /// <summary>Listens again where it did before.</summary>
    public async Task ListenAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Address.Port));
        WebApplication application = builder.Build();
        application.UseWebSockets();
        application.Run(AcceptAsync);
        await application.StartAsync();
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _application = application;
    }

    public async ValueTask DisposeAsync()
    {
        // A test and its rig may both own the silo.
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            await _stop.CancelAsync();
            await StopListeningAsync();
            _stop.Dispose();
        }
    }

    private async Task AcceptAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        string? authorization = context.Request.Headers.Authorization;
        bool isWelcome = RequiredAuthorization is null || RequiredAuthorization == authorization;
        if (RefusalStatus != 0 || !isWelcome || !context.WebSockets.IsWebSocketRequest
            || context.Request.Path.Value?.StartsWith(AgentChannel.Path + "/", StringComparison.Ordinal) != true)
        {
            context.Response.StatusCode = RefusalStatus != 0 ? RefusalStatus : !isWelcome ? 401 : 404;
            return;
        }

        await using FrameConnection frames = new(await context.WebSockets.AcceptWebSocketAsync(AgentChannel.SubProtocol));
        string backend = context.Request.Path.Value![(AgentChannel.Path.Length + 1)..];
        SiloConversation conversation = new(this, frames, backend, authorization);
        _conversations.Enqueue(conversation);
        await conversation.RunAsync(_stop.Token);
    }
}
