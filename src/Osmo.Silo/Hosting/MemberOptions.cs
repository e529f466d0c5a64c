using System.Net;
using Osmo.Silo.Security;

namespace Osmo.Silo.Hosting;

/// <summary>Settings of a member of an Orleans cluster, which may be the only one.</summary>
public sealed record MemberOptions
{
    /// <summary>The usual <see cref="DrainLimit"/>.</summary>
    public static readonly TimeSpan DrainLimitDefault = TimeSpan.FromSeconds(20);

    /// <summary>The member's name, unique in the cluster: the pod's name in Kubernetes.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the build.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// Whether it runs backends. A gateway does not and is a member all the same: a member is told at once if a silo dies, and calls
    /// owners directly.
    /// </summary>
    public bool HostsBackends { get; init; } = true;

    /// <summary>Names the cluster: members of two clusters never meet.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Where it listens for the other members.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>Where the others reach it if that is not where it listens; null if it is.</summary>
    public IPEndPoint? Advertised { get; init; }

    /// <summary>The PostgreSQL that holds the table of members, as Npgsql reads it; null for a member that is alone.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>How members know each other.</summary>
    public ClusterCredentials Credentials { get; init; } = new();

    /// <summary>By when a silo is taken for dead.</summary>
    public MembershipTimes Times { get; init; } = new();

    /// <summary>How long handing over may take when the member is asked to stop.</summary>
    public TimeSpan DrainLimit { get; init; } = DrainLimitDefault;

    /// <summary>Whether it counts its grains' calls for Orleans' dashboard; all members have to be alike.</summary>
    public bool Dashboard { get; init; }

    /// <summary>Whether it is the only member.</summary>
    public bool IsAlone => ConnectionString is null;

    /// <summary>A member that is alone: it listens on a free port of loopback, and nobody knows the name of its cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">The version of the build.</param>
    public static MemberOptions Alone(string name, string version) => new()
    {
        Name = name,
        Version = version,
        ClusterId = Guid.NewGuid().ToString("N"),
        Endpoint = FreePort.Find(IPAddress.Loopback),
    };
}
