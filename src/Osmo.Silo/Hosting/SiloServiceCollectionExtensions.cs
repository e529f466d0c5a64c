using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Osmo.Grains.Engine;
using Osmo.Silo.Engine;
using Osmo.Silo.Rehearsal;

namespace Osmo.Silo.Hosting;

/// <summary>Puts a silo into a host. An <c>IBackendStore</c> has to be there too.</summary>
public static class SiloServiceCollectionExtensions
{
    /// <summary>Key of the engine that runs the grains of this process and reaches no other.</summary>
    public const string LocalEngine = "local";

    /// <summary>
    /// What runs grains in this process. Where the host brings an <see cref="IOwnership"/> it decides which; otherwise this process
    /// has its store for itself and runs all of them.
    /// </summary>
    public static IServiceCollection AddSilo(this IServiceCollection services, SiloIdentity identity)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IOwnership, SoleOwnership>();
        services.AddSingleton(identity);
        services.AddSingleton<FleetEventLog>();
        services.AddMetrics();
        services.AddSingleton<SiloMetrics>();
        services.AddSingleton<LocalGrainEngine>();
        services.AddSingleton<IActivationHost>(provider => provider.GetRequiredService<LocalGrainEngine>());
        services.AddKeyedSingleton<IGrainEngine>(LocalEngine, (provider, _) => provider.GetRequiredService<LocalGrainEngine>());
        services.TryAddSingleton<IGrainEngine>(provider => provider.GetRequiredService<LocalGrainEngine>());
        services.TryAddSingleton<ISiloDirectory, SoleSiloDirectory>();
        services.AddHostedService<SiloLifetime>();
        return services;
    }

    /// <summary>
    /// Plays a backend through when everything has started. To be added before what then asks for backends that other silos run.
    /// </summary>
    public static IServiceCollection AddSiloRehearsal(this IServiceCollection services) => services.AddHostedService<SiloRehearsal>();

    /// <summary>Ends activations before the store closes, so that what waits in mailboxes is still written.</summary>
    private sealed class SiloLifetime(LocalGrainEngine engine, SiloMetrics metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            metrics.WatchDisagreements(engine.CountDisagreements);
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken) => await engine.DisposeAsync().ConfigureAwait(false);
    }
}
