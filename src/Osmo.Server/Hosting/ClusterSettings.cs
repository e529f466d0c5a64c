using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;

namespace Osmo.Server.Hosting;

/// <summary>Settings of a process that is part of a cluster.</summary>
public sealed record ClusterSettings
{
    /// <summary>Where a silo listens that was not told where.</summary>
    public const string ClusterUrlDefault = "http://127.0.0.1:8081";

    /// <summary>The usual <see cref="LeaseSeconds"/>.</summary>
    public const double LeaseSecondsDefault = 3;

    /// <summary>
    /// The usual <see cref="LeaseSeconds"/> of the engine Orleans. A silo that was taken for dead has to end there, and does not go on as
    /// with leases: so it is given more time.
    /// </summary>
    public const double OrleansLeaseSecondsDefault = 6;

    /// <summary>The usual <see cref="DrainSeconds"/>.</summary>
    public const double DrainSecondsDefault = 20;

    /// <summary>The usual <see cref="CallSeconds"/>.</summary>
    public const double CallSecondsDefault = 10;

    /// <summary>What decides which silo runs what: one of <see cref="ClusterEngine"/>.</summary>
    public string Engine { get; init; } = ClusterEngine.Postgresql;

    /// <summary>What the process does.</summary>
    public ServerRoles Roles { get; init; } = ServerRoles.Silo | ServerRoles.Gateway;

    /// <summary>The cluster's PostgreSQL: a connection string as Npgsql reads it, or a <c>postgresql://</c> URI.</summary>
    public required string Postgres { get; init; }

    /// <summary>The process's id, unique in the cluster: the pod's name in Kubernetes.</summary>
    public required string Id { get; init; }

    /// <summary>Where a silo listens for gateways and other silos; port 0 takes a free one.</summary>
    public string ClusterUrl { get; init; } = ClusterUrlDefault;

    /// <summary>
    /// Where a silo listens for gateways, where its engine has them come in elsewhere than silos (Orleans); null for the port after that of
    /// <see cref="ClusterUrl"/>.
    /// </summary>
    public string? ClientUrl { get; init; }

    /// <summary>Where the others reach this silo; null where that is <see cref="ClusterUrl"/>.</summary>
    public string? AdvertisedUrl { get; init; }

    /// <summary>File with the key that all processes of the cluster share; null for none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>File with this process's certificate (PEM); null for no TLS between processes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File with the certificate's private key (PEM).</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>File with the certificates of the authorities that the other processes' certificates have to come from (PEM).</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The DNS name that a silo's certificate has to carry.</summary>
    public string SiloCertificateName { get; init; } = ClusterCredentials.ServerNameDefault;

    /// <summary>How long a silo may be silent before others take over, in seconds.</summary>
    public double LeaseSeconds { get; init; } = LeaseSecondsDefault;

    /// <summary>How long a process that was asked to stop may take to hand over, in seconds.</summary>
    public double DrainSeconds { get; init; } = DrainSecondsDefault;

    /// <summary>How long a call is tried before its caller is told that the backend is not available, in seconds.</summary>
    public double CallSeconds { get; init; } = CallSecondsDefault;
}
