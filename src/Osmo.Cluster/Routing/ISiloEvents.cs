using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>The way to the fleet events of a silo in another process.</summary>
internal interface ISiloEvents
{
    /// <summary>
    /// Follows the events of a silo. The first batch comes when following has begun, and may be empty: what happened before it was told to
    /// nobody. An event that is null stands for some that were lost.
    /// </summary>
    /// <exception cref="IOException">The silo cannot be followed any more.</exception>
    IAsyncEnumerable<IReadOnlyList<FleetEvent?>> FollowAsync(SiloEntry silo, CancellationToken cancellationToken);
}
