using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Gateway.Hosting;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Server.Cluster;
using Osmo.Server.Status;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;

namespace Osmo.Server.Hosting;

/// <summary>A process of Osmo: silo, gateway, or both.</summary>
public sealed class OsmoServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;

    private OsmoServer(WebApplication app) => _app = app;

    /// <summary>Where the front door listens.</summary>
    public Uri Url => ListenUrl.Addresses(_app.Services)[0];

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Completes when the process was asked to stop and has.</summary>
    /// <exception cref="OsmoException">It stops because another process was started with its id.</exception>
    public async Task WaitForShutdownAsync()
    {
        await _app.WaitForShutdownAsync();
        if (_app.Services.GetService<ISiloLease>() is { Superseded: { IsCompleted: true } superseded })
        {
            throw await superseded;
        }
    }

    /// <summary>Starts a server.</summary>
    /// <exception cref="OsmoException">An option, the store or an address cannot be used; the message says what to do.</exception>
    public static async Task<OsmoServer> StartAsync(OsmoServerOptions options)
    {
        var gateway = TokenFiles.Read(options);
        var url = ListenUrl.Parse(options.Url, "http");
        if (gateway.DeveloperMode && !ListenUrl.IsLoopback(url))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"Without tokens everybody who reaches the gateway may do everything, so it listens on loopback only, not on {url.Host}. "
                + "Give --admin-token-file and --agent-token-file, or use http://127.0.0.1:8080.");
        }

        var builder = WebApplication.CreateSlimBuilder();
        var stopping = CancellationToken.None;
        ConfigureLogging(builder.Logging, options.LogLevel, () => stopping.IsCancellationRequested);
        Telemetry.AddTo(builder.Services);
        var description = await ComposeAsync(builder, options, url);
        builder.Services.AddSingleton(description);
        gateway.Version = description.Version;
        if (description.Roles.HasFlag(ServerRoles.Gateway))
        {
            builder.Services.AddSingleton(SecretsKeys.Load(options, gateway.DeveloperMode));
            builder.Services.AddConfigurations();
            builder.Services.AddStoredAccess(gateway);
        }

        builder.Services.AddGateway(gateway);
        options.Replace?.Invoke(builder.Services);
        var app = builder.Build();
        stopping = app.Lifetime.ApplicationStopping;
        if (options.Cluster is { Engine: ClusterEngine.Postgresql } && description.Roles.HasFlag(ServerRoles.Silo))
        {
            app.MapClusterEndpoints();
        }

        app.UseFrontDoor();
        app.MapHealthRoutes();
        app.MapStatusPage();
        if (description.Roles.HasFlag(ServerRoles.Gateway))
        {
            app.MapGateway();
            app.MapConfigurations();
        }

        await StartAsync(app, options);
        return new OsmoServer(app);
    }

    /// <summary>Stops the gateway, then the silo, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Adds what runs behind the front door: everything in this process, or its part of a cluster.</summary>
    private static async Task<ServerDescription> ComposeAsync(WebApplicationBuilder builder, OsmoServerOptions options, Uri url)
    {
        var services = builder.Services;
        builder.WebHost.ConfigureKestrel(kestrel => ListenUrl.Listen(kestrel, url, _ => { }));
        if (options.Cluster is not { } cluster)
        {
            var alone = new ServerDescription("local", ServerRoles.Silo | ServerRoles.Gateway);
            services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTime);
            services.AddSingleton<IReadiness, StoreReadiness>();
            services.AddSqliteStore(options.DataFolder);
            services.AddSilo(new SiloIdentity(alone.Id, alone.Version));
            return alone;
        }

        var composition = await ClusterComposition.OpenAsync(cluster, CancellationToken.None);
        var description = new ServerDescription(cluster.Id, cluster.Roles);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(cluster.DrainSeconds) + StopTime);
        await composition.AddToAsync(builder, description, CancellationToken.None);
        return description;
    }

    private static async Task StartAsync(WebApplication app, OsmoServerOptions options)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await app.DisposeAsync();
            var places = options.Cluster is { } cluster && cluster.Roles.HasFlag(ServerRoles.Silo)
                ? $"{options.Url} and {cluster.ClusterUrl}"
                : options.Url;
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"Cannot listen on {places}: {failure.Message.TrimEnd('.')}. "
                + "Stop what uses the port, or choose another address with --url.");
        }
    }

    private static void ConfigureLogging(ILoggingBuilder logging, LogLevel least, Func<bool> stopping)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(least);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // A process that stops hangs up on its own agents before they have stopped: that they notice is no news.
        logging.AddFilter("Osmo.Agent", level => level >= least && !stopping());
    }
}
