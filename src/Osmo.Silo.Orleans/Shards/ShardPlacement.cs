using Orleans.Placement;
using Orleans.Runtime.Placement;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Storage;
using Osmo.Silo.Orleans.Hosting;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Places a shard where a hint says, otherwise with the silo that has it or should have it: one that reaches the database, which Orleans
/// does not look at, and that is not about to stop.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <inheritdoc cref="ShardPlacementAttribute"/>
[GenerateSerializer]
[Immutable]
internal sealed class ShardPlacement : PlacementStrategy;

/// <inheritdoc cref="ShardPlacementAttribute"/>
internal sealed class ShardPlacementDirector(SeenOwnership seen) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var shard = (int)target.GrainIdentity.GetIntegerKey();
        var place = IPlacementDirector.GetPlacementHint(target.RequestContextData, silos)
            ?? (Home(shard) is { } home && silos.Contains(home) ? home : silos.Order().ElementAt(shard % silos.Length));
        return Task.FromResult(place);
    }

    /// <summary>Where it should be, so that it does not move again soon: with its owner, or with who should have it.</summary>
    private SiloAddress? Home(int shard)
    {
        if (shard is < 0 or >= BackendShard.Count || seen.Current is not { } table)
        {
            return null;
        }

        var owner = table.Find(ShardBalancer.TakerOf(table, shard) ?? table.Shards[shard].Owner);
        return owner is { Draining: false } && owner.LeaseLeft > TimeSpan.Zero ? OrleansAddress.Read(owner.Address) : null;
    }
}
