using Orleans.Placement;
using Orleans.Runtime.Placement;
using Osmo.Cluster.Ownership;
using Osmo.Silo.Orleans.Hosting;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Places a shard where a hint says, otherwise on a silo that can take it: one that reaches the database, which Orleans does not look at,
/// and that is not about to stop.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <inheritdoc cref="ShardPlacementAttribute"/>
[GenerateSerializer]
[Immutable]
internal sealed class ShardPlacement : PlacementStrategy;

/// <inheritdoc cref="ShardPlacementAttribute"/>
internal sealed class ShardPlacementDirector(OwnershipWatch watch) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint)
        {
            return Task.FromResult(hint);
        }

        // In the same order everywhere, so that two silos that place a shard at once agree.
        var able = silos.Where(Able().Contains).DefaultIfEmpty(silos[0]).Order().ToArray();
        return Task.FromResult(able[target.GrainIdentity.GetIntegerKey() % able.Length]);
    }

    private HashSet<SiloAddress> Able() =>
    [
        .. watch.Current?.Table.Silos
            .Where(row => row.LeaseLeft > TimeSpan.Zero && !row.Draining && row.Address.Scheme == OrleansAddress.Scheme)
            .Select(row => OrleansAddress.Read(row.Address)) ?? [],
    ];
}
