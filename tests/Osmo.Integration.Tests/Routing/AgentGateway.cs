using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Gateway;
using Osmo.Gateway.Hosting;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Integration.Tests.Routing;

/// <summary>The gateway's endpoints on a free port, over an engine that a test gives it.</summary>
internal sealed class AgentGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _connections;

    private AgentGateway(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Connections of agents so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static async Task<AgentGateway> StartAsync(IGrainEngine engine, IBackendStore store)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(engine);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<ISiloDirectory, NoSilos>();
        builder.Services.AddGateway(new GatewayOptions { DeveloperMode = true });
        var app = builder.Build();
        var gateway = new AgentGateway(app);
        app.Use(next => context =>
        {
            Interlocked.Increment(ref gateway._connections);
            return next(context);
        });
        app.UseFrontDoor();
        app.MapGateway();
        await app.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Nobody asks this gateway which silos there are.</summary>
    private sealed class NoSilos : ISiloDirectory
    {
        public Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
