using Osmo.Silo.Security;

namespace Osmo.Server.Hosting;

/// <summary>Settings of a process that is part of a cluster.</summary>
public sealed record ClusterSettings
{
    /// <summary>Where a member listens that was not told where.</summary>
    public const string EndpointDefault = "127.0.0.1:11111";

    /// <summary>The usual <see cref="ProbeSeconds"/>.</summary>
    public const double ProbeSecondsDefault = 1;

    /// <summary>The usual <see cref="DrainSeconds"/>.</summary>
    public const double DrainSecondsDefault = 20;

    /// <summary>The usual <see cref="CallSeconds"/>.</summary>
    public const double CallSecondsDefault = 10;

    /// <summary>The usual <see cref="DatabaseWaitSeconds"/>.</summary>
    public const double DatabaseWaitSecondsDefault = 120;

    /// <summary>What the process does.</summary>
    public ServerRoles Roles { get; init; } = ServerRoles.Silo | ServerRoles.Gateway;

    /// <summary>The cluster's PostgreSQL: a connection string as Npgsql reads it, or a <c>postgresql://</c> URI.</summary>
    public required string Postgres { get; init; }

    /// <summary>The process's name, unique in the cluster: the pod's name in Kubernetes.</summary>
    public required string Id { get; init; }

    /// <summary>Where it listens for the other members of the cluster: <c>HOST:PORT</c>; port 0 takes a free one.</summary>
    public string Endpoint { get; init; } = EndpointDefault;

    /// <summary>
    /// Where the others reach it, if that is not <see cref="Endpoint"/>: <c>HOST:PORT</c>, or a host alone, with the same port.
    /// </summary>
    public string? Advertised { get; init; }

    /// <summary>File with this process's certificate (PEM); null for no TLS between processes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File with the certificate's private key (PEM).</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>File with the certificates of the authorities that the other processes' certificates have to come from (PEM).</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The DNS name that every member's certificate has to carry.</summary>
    public string CertificateName { get; init; } = ClusterCredentials.NameDefault;

    /// <summary>
    /// How often members probe each other, and how long an answer may take, in seconds. One that was killed is noticed after three probes,
    /// one that stands still after six of these times.
    /// </summary>
    public double ProbeSeconds { get; init; } = ProbeSecondsDefault;

    /// <summary>How long a process that was asked to stop may take to hand over, in seconds.</summary>
    public double DrainSeconds { get; init; } = DrainSecondsDefault;

    /// <summary>How long a call is tried before its caller is told that the backend is not available, in seconds.</summary>
    public double CallSeconds { get; init; } = CallSecondsDefault;

    /// <summary>How long a process that starts waits for the database, in seconds.</summary>
    public double DatabaseWaitSeconds { get; init; } = DatabaseWaitSecondsDefault;
}
