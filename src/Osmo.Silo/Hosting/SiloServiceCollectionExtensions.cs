using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Events;
using Osmo.Grains.Silos;
using Osmo.Silo.Events;
using Osmo.Silo.Membership;
using Osmo.Silo.Spread;

namespace Osmo.Silo.Hosting;

/// <summary>Makes a host a member of an Orleans cluster. An <c>IBackendStore</c> has to be there too.</summary>
public static class SiloServiceCollectionExtensions
{
    /// <summary>
    /// The member: Orleans, with the grains if it hosts them, <see cref="IGrainFactory"/> to call them, <see cref="IFleetWatch"/>,
    /// <see cref="ISiloDirectory"/> and <see cref="IReadiness"/>. To be added before what is to stop while grains can still be called.
    /// </summary>
    public static IServiceCollection AddSilo(this IServiceCollection services, MemberOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<ActiveBackends>();
        services.AddSingleton(provider => new LocalSilo(options.Version, provider.GetRequiredService<ActiveBackends>()));
        services.AddSingleton<SiloLoads>();
        services.AddSingleton<FleetEventLog>();
        services.AddSingleton<IFleetEventSink>(provider => provider.GetRequiredService<FleetEventLog>());
        services.AddSingleton<Members>();
        services.AddSingleton<ISiloDirectory, SiloDirectory>();
        services.AddSingleton<IReadiness, MemberReadiness>();
        services.AddSingleton<SiloEnd>();
        services.AddSingleton<IFatalErrorHandler>(provider => provider.GetRequiredService<SiloEnd>());
        services.AddLogging(OrleansSettings.Quieten);
        services.AddMetrics();
        services.AddHostedService<SiloMetrics>();

        // Services stop in the reverse order, so those that call grains come after Orleans.
        services.AddOrleans(silo => OrleansSettings.Apply(silo, options));
        if (options.IsAlone)
        {
            // There is nobody whose health it could be compared with.
            services.AddLogging(logging => logging.AddFilter("Orleans.Runtime.MembershipService.LocalSiloHealthMonitor", LogLevel.Error));
            services.AddSingleton<IFleetWatch>(provider => provider.GetRequiredService<FleetEventLog>());
            return services;
        }

        services.AddSingleton<IFleetWatch, FleetWatch>();
        services.AddSingleton<LoadWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<LoadWatch>());
        services.AddHostedService<IsolationWatch>();
        services.AddSingleton<BackendMover>();
        services.AddHostedService<StoreWatch>();
        services.AddHostedService<Drain>();
        if (options.HostsBackends)
        {
            services.AddHostedService<BackendSpread>();
        }

        return services;
    }
}
