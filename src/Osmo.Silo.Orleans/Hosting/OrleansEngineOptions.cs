using System.Net;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Wire;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>Settings of a process in a cluster that Orleans runs.</summary>
public sealed record OrleansEngineOptions
{
    /// <summary>The process's id, unique in the cluster: the pod's name in Kubernetes.</summary>
    public required string Id { get; init; }

    /// <summary>The version of the build.</summary>
    public required string Version { get; init; }

    /// <summary>The identity of the database: silos of two clusters never meet.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>Where Orleans has its membership table, as Npgsql reads it.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>How processes know each other: by certificates, or not at all on loopback.</summary>
    public required ClusterCredentials Credentials { get; init; }

    /// <summary>
    /// The times by which a silo is taken for dead: it is probed three times in a lease. They also pace what the silos write about
    /// themselves, and the moves of shards.
    /// </summary>
    public required LeaseOptions Lease { get; init; }

    /// <summary>How long a call is tried.</summary>
    public required TimeSpan CallTimeout { get; init; }

    /// <summary>Where the silo listens for other silos; null in a process that is none.</summary>
    public IPEndPoint? SiloEndpoint { get; init; }

    /// <summary>Where the silo listens for gateways; null in a process that is none.</summary>
    public IPEndPoint? ClientEndpoint { get; init; }

    /// <summary>
    /// Where other silos reach the silo, and gateways at the same address, where that is not where it listens; null where it is.
    /// </summary>
    public IPEndPoint? AdvertisedEndpoint { get; init; }
}
