using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Server.Hosting;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;

namespace Osmo.Server.Cluster;

/// <summary>The engine that leases shards in PostgreSQL.</summary>
internal static class PostgresqlEngine
{
    public static void Add(ClusterComposition cluster, WebApplicationBuilder builder, ServerDescription description)
    {
        var services = builder.Services;
        var settings = cluster.Settings;
        if (cluster.IsSilo)
        {
            cluster.Credentials.RequireSafe(cluster.AdvertisedUrl(listening: null));
            var url = ListenUrl.Parse(settings.ClusterUrl, "http", "https");
            builder.WebHost.ConfigureKestrel(kestrel => ListenUrl.Listen(kestrel, url, listen => listen.UseCluster()));
            services.AddSiloRehearsal();
            services.AddWireRehearsal(Registration);
            services.AddClusterOwnership(cluster.Postgres, cluster.Lease, Registration);
            services.AddSilo(new SiloIdentity(settings.Id, description.Version));
            services.AddSingleton(provider => new LocalGrains(
                provider.GetRequiredKeyedService<IGrainEngine>(SiloServiceCollectionExtensions.LocalEngine),
                provider.GetRequiredService<IOwnership>()));
        }
        else
        {
            services.AddClusterRoutes(cluster.Postgres, cluster.Lease);
        }

        services.AddClusterRouting(
            _ => new ClusterMember(cluster.ClusterId, settings.Id, cluster.IsSilo ? ClusterRole.Silo : ClusterRole.Gateway),
            cluster.Credentials,
            new ClusterRoutingOptions { CallTimeout = TimeSpan.FromSeconds(settings.CallSeconds) });

        SiloRegistration Registration(IServiceProvider started) => new(
            settings.Id, cluster.AdvertisedUrl(ListenUrl.Addresses(started)[^1]), description.Version, ClusterProtocol.Version);
    }
}
