using System.Collections.Immutable;
using Osmo.Cluster.Membership;

namespace Osmo.Cluster.Ownership;

/// <summary>A row of the table of shards.</summary>
/// <param name="Epoch">Grows by 1 with every change of the owner.</param>
/// <param name="Owner">The incarnation of a silo, which may be gone by now; null for nobody.</param>
internal readonly record struct ShardRow(long Epoch, long? Owner);

/// <summary>Silos and shards as the database had them at one moment.</summary>
/// <param name="DatabaseTime">The database's clock at that moment.</param>
/// <param name="Silos">Every silo that has a row, whether its lease runs or not, by incarnation.</param>
/// <param name="Shards">Every shard; the index is its number.</param>
internal sealed record OwnershipSnapshot(DateTimeOffset DatabaseTime, ImmutableArray<SiloEntry> Silos, ImmutableArray<ShardRow> Shards)
{
    /// <summary>A silo by its incarnation; null where it has no row.</summary>
    public SiloEntry? Find(long? incarnation) =>
        incarnation is { } wanted ? Silos.FirstOrDefault(silo => silo.Incarnation == wanted) : null;
}

/// <summary>A snapshot and when this process read it.</summary>
/// <param name="Table">The snapshot.</param>
/// <param name="Number">Readings of a process are numbered in the order in which they began.</param>
/// <param name="BegunAt">When it began, on the monotonic clock: the snapshot is not older.</param>
/// <param name="EndedAt">When it ended, on the monotonic clock: the snapshot is not newer.</param>
internal sealed record TableReading(OwnershipSnapshot Table, long Number, long BegunAt, long EndedAt);
