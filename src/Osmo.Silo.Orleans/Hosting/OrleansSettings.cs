using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>What silos and clients of a cluster tell Orleans, and have to agree on.</summary>
internal sealed class OrleansSettings(OrleansEngineOptions options)
{
    /// <summary>How Orleans' ADO.NET provider names PostgreSQL.</summary>
    private const string Invariant = "Npgsql";

    private const string ServiceId = "osmo";
    private const int ProbesPerLease = 3;

    /// <summary>A call gives up by itself; Orleans' own limit is for calls whose caller is gone.</summary>
    private TimeSpan ResponseTimeout => options.CallTimeout * 2;

    public void Configure(ISiloBuilder silo)
    {
        silo.Configure<ClusterOptions>(Name);
        silo.Configure<SiloOptions>(own => own.SiloName = options.Id);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            var reached = options.AdvertisedEndpoint ?? options.SiloEndpoint!;
            endpoints.AdvertisedIPAddress = reached.Address;
            endpoints.SiloPort = reached.Port;
            endpoints.SiloListeningEndpoint = options.SiloEndpoint;
            endpoints.GatewayPort = options.ClientEndpoint!.Port;
            endpoints.GatewayListeningEndpoint = options.ClientEndpoint;
        });
        silo.Configure<ClusterMembershipOptions>(Watch);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
        silo.UseAdoNetClustering(database =>
        {
            database.Invariant = Invariant;
            database.ConnectionString = options.ConnectionString;
        });
        silo.AddActivityPropagation();
        if (options.Credentials.UsesTls)
        {
            silo.Services.AddOptions<SiloConnectionOptions>().Configure<OrleansTls>((connections, tls) =>
            {
                connections.ConfigureSiloInboundConnection(connection => connection.UseServerTls(tls.ServingSilos()));
                connections.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(tls.ServingGateways()));
                connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(tls.Calling()));
            });
        }
    }

    public void Configure(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(Name);
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = options.Lease.Renewal);
        client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
        client.UseAdoNetClustering(database =>
        {
            database.Invariant = Invariant;
            database.ConnectionString = options.ConnectionString;
        });
        client.AddActivityPropagation();
        if (options.Credentials.UsesTls)
        {
            client.Services.AddOptions<ClientConnectionOptions>().Configure<OrleansTls>((connections, tls) =>
                connections.ConfigureConnection(connection => connection.UseClientTls(tls.Calling())));
        }
    }

    private void Name(ClusterOptions cluster)
    {
        cluster.ClusterId = options.ClusterId.ToString("N");
        cluster.ServiceId = ServiceId;
    }

    /// <summary>
    /// Orleans looks at its silos every few seconds for a quarter of a minute before it takes one for dead. That no harm is done where it
    /// is wrong, the store's epochs see to; so it may decide as soon as a lease would.
    /// </summary>
    private void Watch(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = options.Lease.Lease / ProbesPerLease;
        membership.NumMissedProbesLimit = ProbesPerLease;
        membership.TableRefreshTimeout = options.Lease.Poll;
        membership.DefunctSiloExpiration = TimeSpan.FromHours(1);

        // How long it tries to write there that it joins, which many that start at once make slow, and that it stops, which must end.
        membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
    }
}
