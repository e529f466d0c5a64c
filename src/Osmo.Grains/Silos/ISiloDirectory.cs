using Osmo.Domain.Errors;

namespace Osmo.Grains.Silos;

/// <summary>The members of the cluster, for people who want to see who serves what.</summary>
public interface ISiloDirectory
{
    /// <summary>Every member of Orleans' membership that is not dead, by name.</summary>
    /// <exception cref="OsmoException">They cannot be read now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>A member in numbers.</summary>
/// <param name="Name">Its name: the pod's in Kubernetes.</param>
/// <param name="Address">Its address, as Orleans writes it; unique for every start.</param>
/// <param name="Status">Its state in Orleans' membership: <c>Joining</c>, <c>Active</c>, <c>ShuttingDown</c>, <c>Stopping</c>.</param>
/// <param name="HostsGrains">Whether it runs backends; a gateway does not.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Load">What it carries; null if it did not say in time.</param>
public sealed record SiloSummary(
    string Name, string Address, string Status, bool HostsGrains, DateTimeOffset StartedAt, SiloLoad? Load);
