using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Calls;
using Osmo.Grains.Events;
using Osmo.Server.Commands;
using Osmo.Server.Display;
using Osmo.Server.Hosting;

namespace Osmo.Server.Clusters;

/// <summary>A server with agents in the same process, and a display of what happens, until it is asked to stop.</summary>
internal static class FleetSession
{
    private static readonly TimeSpan RegistrationPollInterval = TimeSpan.FromMilliseconds(100);

    /// <param name="settings">The server's options.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="clusters">The clusters to watch.</param>
    /// <param name="configure">Called once for each backend, when it has registered; null for nothing.</param>
    public static async Task<int> RunAsync(
        ServerSettings settings,
        ParseResult parsed,
        IReadOnlyList<WatchedCluster> clusters,
        Func<BackendCalls, BackendName, CancellationToken, Task>? configure)
    {
        var interactive = FleetDisplay.IsInteractive;
        var options = settings.Read(parsed, interactive ? LogLevel.None : LogLevel.Warning);
        await using var server = await OsmoServer.StartAsync(options);
        var calls = server.Services.GetRequiredService<BackendCalls>();
        var stopping = server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await using var agents = new AgentFleet(
            server.Url, ReadAgentToken(options), clusters, server.Services.GetRequiredService<ILoggerFactory>());
        var configuring = Task.WhenAll(clusters.Select(cluster => ConfigureAsync(calls, cluster.Backend, configure, stopping)));
        var ticker = new VerdictTicker(calls, server.Services.GetRequiredService<IFleetWatch>());
        var display = new FleetDisplay(server.Url, options, clusters, agents, calls, ticker);
        await display.RunAsync(interactive, stopping);
        await configuring;
        return 0;
    }

    private static async Task ConfigureAsync(
        BackendCalls calls,
        BackendName backend,
        Func<BackendCalls, BackendName, CancellationToken, Task>? configure,
        CancellationToken stopping)
    {
        using var poll = new PeriodicTimer(RegistrationPollInterval);
        while (configure is not null && !stopping.IsCancellationRequested)
        {
            try
            {
                await poll.WaitForNextTickAsync(stopping);
                await configure(calls, backend, stopping);
                return;
            }
            catch (OsmoException failure) when (failure.Code is ErrorCode.NotFound or ErrorCode.Unavailable)
            {
                // Not registered yet.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static string? ReadAgentToken(OsmoServerOptions options) =>
        options.AgentTokenFile is null ? null : File.ReadAllText(options.AgentTokenFile).Trim();
}
