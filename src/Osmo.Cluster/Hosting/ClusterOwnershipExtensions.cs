using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Engine;
using Osmo.Storage.Postgres;

namespace Osmo.Cluster.Hosting;

/// <summary>
/// Puts ownership and membership into a host. The database must have been opened, and so be up to date, before it starts.
/// </summary>
public static class ClusterOwnershipExtensions
{
    /// <summary>
    /// Makes this process a silo of a cluster: <see cref="IOwnership"/>, <see cref="ISiloLease"/>, <see cref="IShardRoutes"/> and
    /// <see cref="IClusterView"/>. It joins when the host has started everything, so that its address answers by then, and hands
    /// over what it owns as the first thing when the host stops, while everything still runs, within the host's shutdown timeout.
    /// An <see cref="IActivationHost"/> has to be there too.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="database">The cluster's database.</param>
    /// <param name="options">The times of the lease.</param>
    /// <param name="registration">What the silo says of itself; asked when everything has started.</param>
    public static IServiceCollection AddClusterOwnership(
        this IServiceCollection services,
        PostgresOptions database,
        LeaseOptions options,
        Func<IServiceProvider, SiloRegistration> registration)
    {
        services.AddSingleton<ShardRights>();
        services.AddSingleton<Lease>();
        services.AddSingleton<ClusterOwnership>();
        services.AddSingleton<IOwnership>(provider => provider.GetRequiredService<ClusterOwnership>());
        services.AddSingleton<IShardAdmission>(provider => provider.GetRequiredService<ClusterOwnership>());
        services.AddClusterRoutes(database, options);
        services.TryAddSingleton<ServingTime>();
        services.AddSingleton(provider => new SiloMembership(provider, registration));
        services.AddSingleton<ISiloLease>(provider => provider.GetRequiredService<SiloMembership>());
        services.AddHostedService(provider => provider.GetRequiredService<SiloMembership>());
        return services;
    }

    /// <summary>What a gateway needs to know of the cluster: <see cref="IShardRoutes"/> and <see cref="IClusterView"/>.</summary>
    public static IServiceCollection AddClusterRoutes(this IServiceCollection services, PostgresOptions database, LeaseOptions options)
    {
        options.Check();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<IOwnershipTable>(
            provider => new PostgresOwnershipTable(database, options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OwnershipWatch>();
        services.AddSingleton(provider => new ShardRoutes(
            provider.GetRequiredService<OwnershipWatch>(), provider.GetService<ShardRights>(), options));
        services.AddSingleton<IShardRoutes>(provider => provider.GetRequiredService<ShardRoutes>());
        services.AddSingleton<IClusterView>(provider => provider.GetRequiredService<ShardRoutes>());
        services.AddHostedService<WatchLifetime>();
        return services;
    }

    /// <summary>Begins to follow the table; it ends with the services.</summary>
    private sealed class WatchLifetime(OwnershipWatch watch, ShardRoutes routes) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = routes;
            watch.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
