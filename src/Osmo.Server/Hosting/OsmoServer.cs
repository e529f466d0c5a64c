using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Osmo.Domain.Errors;
using Osmo.Gateway.Hosting;
using Osmo.Server.Status;
using Osmo.Silo.Hosting;

namespace Osmo.Server.Hosting;

/// <summary>A process of Osmo: silo, gateway, or both.</summary>
public sealed class OsmoServer : IAsyncDisposable
{
    /// <summary>
    /// How much longer than it should stopping may take. Orleans tries for a minute to write that it has gone, even if the database is
    /// away.
    /// </summary>
    private static readonly TimeSpan OverdueTime = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly SiloEnd _end;
    private readonly TimeSpan _stopLimit;
    private bool _overdue;

    private OsmoServer(WebApplication app, TimeSpan stopLimit)
    {
        _app = app;
        _end = app.Services.GetRequiredService<SiloEnd>();
        _stopLimit = stopLimit + OverdueTime;
    }

    /// <summary>Where the front door listens.</summary>
    public Uri Url => ListenUrl.Addresses(_app.Services)[0];

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Completes when the process was asked to stop and has.</summary>
    /// <exception cref="SiloEndedException">It stops because Orleans cannot go on in it.</exception>
    public async Task WaitForShutdownAsync()
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (_app.Lifetime.ApplicationStopping.Register(stopping.SetResult))
        {
            var stopped = _app.WaitForShutdownAsync();
            await stopping.Task;
            await FinishAsync(stopped);
        }

        if (_end.Reason is { } reason)
        {
            throw new SiloEndedException(reason);
        }
    }

    /// <summary>Starts a server.</summary>
    /// <exception cref="OsmoException">An option, the store or an address cannot be used; the message says what to do.</exception>
    /// <exception cref="SiloEndedException">The others took it for dead before it had joined them.</exception>
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
        ServerLogging.Configure(builder.Logging, builder.Configuration, options, () => stopping.IsCancellationRequested);
        builder.WebHost.ConfigureKestrel(kestrel => ListenUrl.Listen(kestrel, url, _ => { }));
        var member = await MemberComposition.OpenAsync(options, CancellationToken.None);
        Telemetry.AddTo(builder.Services, member.Description);
        member.AddTo(builder.Services);
        gateway.Version = member.Description.Version;
        var isGateway = member.Description.Roles.HasFlag(ServerRoles.Gateway);
        if (isGateway)
        {
            builder.Services.AddSingleton(SecretsKeys.Load(options, gateway.DeveloperMode));
            builder.Services.AddConfigurations();
            builder.Services.AddStoredAccess(gateway);
        }

        builder.Services.AddGateway(gateway);
        options.Replace?.Invoke(builder.Services);
        var app = builder.Build();
        stopping = app.Lifetime.ApplicationStopping;
        app.UseFrontDoor();
        app.MapHealthRoutes();
        app.MapStatusPage();
        if (options.OrleansDashboard)
        {
            app.MapDashboard();
        }

        if (isGateway)
        {
            app.MapGateway();
            app.MapConfigurations();
        }

        await StartAsync(app, options, member);
        return new OsmoServer(app, member.StopLimit);
    }

    /// <summary>Stops the gateway, then the silo, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_overdue)
        {
            await FinishAsync(StopAsync(_app));
        }
    }

    private static async Task StartAsync(WebApplication app, OsmoServerOptions options, MemberComposition member)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception) when (app.Services.GetRequiredService<SiloEnd>().Reason is not null)
        {
            // On a busy machine it may take so long to start that the others take it for dead before it has joined them.
            var reason = app.Services.GetRequiredService<SiloEnd>().Reason!;
            await Task.WhenAny(app.DisposeAsync().AsTask(), Task.Delay(OverdueTime, TimeProvider.System));
            throw new SiloEndedException(reason);
        }
        catch (Exception failure) when (failure is OrleansException)
        {
            await Task.WhenAny(app.DisposeAsync().AsTask(), Task.Delay(OverdueTime, TimeProvider.System));
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"Could not join the cluster: {failure.Message.TrimEnd('.')}. "
                + "Check that the members reach each other at the addresses that they advertise, and start the process again.");
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // The silo may have started already: it has to leave the others, and to end before its services do.
            await Task.WhenAny(StopAsync(app), Task.Delay(member.StopLimit, TimeProvider.System));
            var places = options.Cluster is null ? $"{options.Url}" : $"{options.Url} and {member.Member.Endpoint}";
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"Cannot listen on {places}: {failure.Message.TrimEnd('.')}. "
                + "Stop what uses the port, or choose another address with --url"
                + (options.Cluster is null ? "." : " or --cluster-endpoint."));
        }
    }

    private static async Task StopAsync(WebApplication app)
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>Waits for something that is to end; not for ever, for the process ends with or without it.</summary>
    private async Task FinishAsync(Task ending)
    {
        _overdue = await Task.WhenAny(ending, Task.Delay(_stopLimit, TimeProvider.System)) != ending;
        if (!_overdue)
        {
            await ending;
        }
    }
}
