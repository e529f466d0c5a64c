using Osmo.Cluster.Membership;

namespace Osmo.Bench.Calls;

/// <summary>Routes of a cluster of one silo, which owns everything.</summary>
internal sealed class OneSiloRoutes(SiloEntry silo, bool isSilo) : IShardRoutes
{
    public bool IsCurrent => true;

    public long? OwnIncarnation => isSilo ? silo.Incarnation : null;

    public IReadOnlyList<SiloEntry> Silos { get; } = [silo];

    public static SiloEntry At(Uri address) => new(
        1, "bench", address, "1.0", 1, DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(3), Draining: false, Backends: 0, Nodes: 0);

    public ShardRoute Get(int shard) => new(1, silo);

    public void Learn(int shard, long epoch, long ownerIncarnation)
    {
    }

    public Task RefreshAsync(int shard, ShardRoute known, CancellationToken cancellationToken) => Task.CompletedTask;
}
