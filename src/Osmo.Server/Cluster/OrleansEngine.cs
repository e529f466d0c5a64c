using System.Net;
using Microsoft.AspNetCore.Builder;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;
using Osmo.Silo.Hosting;
using Osmo.Silo.Orleans.Hosting;
using Osmo.Storage.Postgres;

namespace Osmo.Server.Cluster;

/// <summary>The engine that is Orleans. Part of builds with <c>-p:OsmoEngine=Orleans</c> only.</summary>
internal static class OrleansEngine
{
    /// <summary>Orleans reads and writes its membership now and then.</summary>
    private const int ConnectionsMax = 4;

    public static async Task AddAsync(
        ClusterComposition cluster, WebApplicationBuilder builder, ServerDescription description, CancellationToken cancellationToken)
    {
        var options = new OrleansEngineOptions
        {
            Id = cluster.Settings.Id,
            Version = description.Version,
            ClusterId = cluster.ClusterId,
            ConnectionString = PostgresDatabase.ConnectionString(cluster.Postgres with { ConnectionsMax = ConnectionsMax }),
            Credentials = cluster.Credentials,
            Lease = cluster.Lease,
            CallTimeout = TimeSpan.FromSeconds(cluster.Settings.CallSeconds),
        };
        if (cluster.IsSilo)
        {
            var own = ListenUrl.Parse(cluster.Settings.ClusterUrl, "http", "https");
            var clients = cluster.Settings.ClientUrl is { } url
                ? ListenUrl.Parse(url, "http", "https")
                : new UriBuilder(own) { Port = own.Port + 1 }.Uri;
            cluster.Credentials.RequireSafe(clients);
            options = options with
            {
                SiloEndpoint = await EndpointAsync(own, cancellationToken),
                ClientEndpoint = await EndpointAsync(clients, cancellationToken),
                AdvertisedEndpoint = await EndpointAsync(cluster.AdvertisedUrl(listening: null), cancellationToken),
            };
            builder.Services.AddSiloRehearsal();
        }

        await OrleansEngineExtensions.CheckAsync(cluster.Database, options, cancellationToken);
        builder.Services.AddOrleansEngine(cluster.Postgres, options);
    }

    /// <summary>Orleans knows its silos by their addresses, and not by names.</summary>
    private static async Task<IPEndPoint> EndpointAsync(Uri url, CancellationToken cancellationToken)
    {
        if (url.Port == 0)
        {
            throw new OsmoException(ErrorCode.Invalid, $"Orleans needs to know its ports before it starts. Give {url} a port.");
        }

        var host = url.Host.Trim('[', ']');
        if (IPAddress.TryParse(host, out var address))
        {
            return new IPEndPoint(address, url.Port);
        }

        try
        {
            return new IPEndPoint((await Dns.GetHostAddressesAsync(host, cancellationToken))[0], url.Port);
        }
        catch (System.Net.Sockets.SocketException failure)
        {
            throw new OsmoException(
                ErrorCode.Invalid, $"The name {host} has no address: {failure.Message}. Use an address, or a name that has one.");
        }
    }
}
