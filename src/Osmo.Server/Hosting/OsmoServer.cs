using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Osmo.Gateway;
using Osmo.Gateway.Hosting;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Server.Status;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;

namespace Osmo.Server.Hosting;

/// <summary>A process of Osmo: silo, gateway, or both.</summary>
public sealed class OsmoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OsmoServer(WebApplication app) => _app = app;

    /// <summary>Where the front door listens.</summary>
    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Completes when the process is asked to stop.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Starts a server.</summary>
    /// <exception cref="OsmoException">An option, the store or an address cannot be used; the message says what to do.</exception>
    public static async Task<OsmoServer> StartAsync(OsmoServerOptions options)
    {
        var gateway = TokenFiles.Read(options);
        var url = ListenUrl.Parse(options.Url);
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
        builder.WebHost.UseUrls(url.ToString());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        Compose(builder.Services, options, gateway);
        var app = builder.Build();
        stopping = app.Lifetime.ApplicationStopping;
        app.UseFrontDoor();
        app.MapHealthRoutes();
        app.MapStatusPage();
        app.MapGateway();
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"Cannot listen on {options.Url}: {failure.Message.TrimEnd('.')}. "
                + "Stop what uses the port, or choose another address with --url.");
        }

        return new OsmoServer(app);
    }

    /// <summary>Stops the gateway, then the silo, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Compose(IServiceCollection services, OsmoServerOptions options, GatewayOptions gateway)
    {
        var description = new ServerDescription("local", ServerRoles.Silo | ServerRoles.Gateway);
        services.AddSingleton(description);
        services.AddSingleton<IReadiness, StoreReadiness>();
        services.AddSqliteStore(options.DataFolder);
        services.AddSilo(new SiloIdentity(description.Id, description.Version));
        services.AddGateway(gateway);
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
