using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Routing;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Silo.Orleans.Events;
using Osmo.Silo.Orleans.Routing;
using Osmo.Silo.Orleans.Shards;
using Osmo.Storage.Postgres;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>Puts the Orleans engine into a host.</summary>
public static class OrleansEngineExtensions
{
    /// <summary>
    /// The engine of a process in a cluster that Orleans runs, as <see cref="IGrainEngine"/>: a silo where the options have an endpoint for
    /// one, otherwise a client. Also <see cref="ISiloLease"/> of a silo, <see cref="IShardRoutes"/> and <see cref="IClusterView"/>.
    /// </summary>
    /// <param name="services">The host's services, with a store.</param>
    /// <param name="postgres">How to reach the cluster's database, which was opened and so is up to date.</param>
    /// <param name="options">The settings.</param>
    public static IServiceCollection AddOrleansEngine(
        this IServiceCollection services, PostgresOptions postgres, OrleansEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var settings = new OrleansSettings(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddLogging(Quieten);
        services.AddSingleton(settings);
        services.AddSingleton<OrleansTls>();
        services.AddSingleton(new ClusterRoutingOptions { CallTimeout = options.CallTimeout });
        services.AddClusterRoutes(postgres, options.Lease);
        if (options.SiloEndpoint is null)
        {
            services.AddSingleton<OrleansClientHost>();
            services.AddSingleton<IClusterClientSource>(provider => provider.GetRequiredService<OrleansClientHost>());
            services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<OrleansClientHost>());
            services.AddHostedService(provider => provider.GetRequiredService<OrleansClientHost>());
        }
        else
        {
            AddSilo(services, options, settings);
        }

        services.AddSingleton<OrleansGrainEngine>();
        services.Replace(ServiceDescriptor.Singleton<IGrainEngine>(provider => provider.GetRequiredService<OrleansGrainEngine>()));
        return services;
    }

    /// <summary>Checks that the database has what Orleans needs.</summary>
    /// <exception cref="OsmoException">It has not, or credentials do not suffice; the message says what to do.</exception>
    public static async Task CheckAsync(PostgresDatabase database, OrleansEngineOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Credentials.KeyFile is not null)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "Orleans' connections know certificates and no shared key. Give --cluster-cert-file, --cluster-cert-key-file and "
                + "--cluster-ca-file in place of --cluster-key-file.");
        }

        await OrleansTables.RequireAsync(database, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Orleans logs every call that failed, where it was made and where it arrived, and every activation. Whoever called is told, tries
    /// again and says so where that does not help: one line for each, too, would bury everything else while the database is away.
    /// </summary>
    private static void Quieten(ILoggingBuilder logging)
    {
        logging.AddFilter("Orleans", LogLevel.Warning);
        logging.AddFilter("Orleans.Grain", LogLevel.Critical);
        logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
        logging.AddFilter("Orleans.ClientGrainContext", LogLevel.Critical);
        logging.AddFilter("Orleans.Runtime.CallbackData", LogLevel.Critical);
    }

    private static void AddSilo(IServiceCollection services, OrleansEngineOptions options, OrleansSettings settings)
    {
        services.AddSingleton<ShardRights>();
        services.AddSingleton<Lease>();
        services.AddSingleton<ShardOwnership>();
        services.AddSingleton<IOwnership>(provider => provider.GetRequiredService<ShardOwnership>());
        services.AddSingleton<SeenOwnership>();
        services.AddSingleton<ShardSpread>();
        services.AddSingleton<SiloEnd>();
        services.AddSingleton<IFatalErrorHandler>(provider => provider.GetRequiredService<SiloEnd>());
        services.AddSingleton<SiloRow>();
        services.AddSingleton<ISiloLease>(provider => provider.GetRequiredService<SiloRow>());

        // Stopped in the reverse order: first Orleans, which ends its grains, then what they ran on, then the row.
        services.AddHostedService(provider => provider.GetRequiredService<SiloRow>());
        services.AddSilo(new SiloIdentity(options.Id, options.Version));
        services.AddSingleton(provider => new LocalGrains(
            provider.GetRequiredKeyedService<IGrainEngine>(SiloServiceCollectionExtensions.LocalEngine),
            provider.GetRequiredService<IOwnership>()));
        services.AddSingleton<IClusterClientSource, SiloClientSource>();
        services.AddOrleans(silo =>
        {
            silo.AddPlacementDirector<OnSiloPlacement, OnSiloPlacementDirector>();
            silo.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
            settings.Configure(silo);
        });
    }
}
