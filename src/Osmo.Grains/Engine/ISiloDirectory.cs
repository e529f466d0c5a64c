using Osmo.Grains.Errors;

namespace Osmo.Grains.Engine;

/// <summary>The silos of the cluster, for people who want to see who serves what.</summary>
public interface ISiloDirectory
{
    /// <summary>Every silo that is known, the expired ones included, by id.</summary>
    /// <exception cref="OsmoException">They cannot be read now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>A silo in numbers.</summary>
/// <param name="Id">Its id: the pod's name in Kubernetes.</param>
/// <param name="Incarnation">Unique for every start; null where there is no cluster.</param>
/// <param name="Address">Where other processes reach it; null where none can.</param>
/// <param name="Version">The version of its build.</param>
/// <param name="StartedAt">When it joined.</param>
/// <param name="LeaseLeft">How long its lease still runs; negative where it has expired, null where it needs none.</param>
/// <param name="Draining">Whether it is handing over its shards to end.</param>
/// <param name="Shards">How many shards it owns.</param>
/// <param name="Backends">How many backends are active on it.</param>
/// <param name="Nodes">How many nodes these have.</param>
public sealed record SiloSummary(
    string Id,
    long? Incarnation,
    Uri? Address,
    string Version,
    DateTimeOffset StartedAt,
    TimeSpan? LeaseLeft,
    bool Draining,
    int Shards,
    int Backends,
    long Nodes);
