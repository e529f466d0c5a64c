using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;

namespace Osmo.Server.Cluster;

/// <summary>A gateway serves when it knows who owns what.</summary>
internal sealed class RouteReadiness(IShardRoutes routes) : IReadiness
{
    public Task<string?> FindProblemAsync(CancellationToken cancellationToken) => Task.FromResult(
        routes.IsCurrent ? null : "This process does not know which silo owns what, because the database has not said so for too long.");
}
