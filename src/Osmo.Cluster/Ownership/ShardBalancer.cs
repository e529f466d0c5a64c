using System.Collections.Immutable;
using Osmo.Cluster.Membership;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>What a silo should do about shards.</summary>
/// <param name="Free">Shards of nobody, for it to claim.</param>
/// <param name="Expired">Shards of silos whose lease has expired, for it to claim.</param>
/// <param name="HandOvers">Its own shards that others should have.</param>
internal sealed record ShardPlan(
    ImmutableArray<ShardEpoch> Free, ImmutableArray<ShardEpoch> Expired, ImmutableArray<HandOver> HandOvers);

/// <summary>Shards for another silo.</summary>
/// <param name="Recipient">The incarnation that should have them.</param>
/// <param name="Shards">The shards, with the epochs of the giver.</param>
internal sealed record HandOver(long Recipient, ImmutableArray<ShardEpoch> Shards);

/// <summary>
/// Who should own what. Every silo computes the whole answer by itself and applies its own part; silos that have read the same
/// table come to the same answer, so that they do not compete, and what they do on an old table the epochs refuse.
/// <para>
/// Members are the silos that live and do not drain. Each should have 256 / members shards, rounded down or up; rounded up for
/// those that have the most already, so that nothing moves without need. Shards without a live owner go to members that have too
/// few; then silos that drain or have too many give to whoever still has too few. Who gets which of several shards is decided
/// by a hash of both: silos whose tables differ a little still mostly agree.
/// </para>
/// </summary>
internal static class ShardBalancer
{
    public static ShardPlan Plan(OwnershipSnapshot table, long own)
    {
        var (alive, owned, room) = Members(table);
        var free = ImmutableArray.CreateBuilder<ShardEpoch>();
        var expired = ImmutableArray.CreateBuilder<ShardEpoch>();
        foreach (var (shard, taker) in Takers(table, alive, room))
        {
            if (taker == own)
            {
                var (epoch, owner) = table.Shards[shard];
                (table.Find(owner) is null ? free : expired).Add(new ShardEpoch(shard, epoch));
            }
        }

        return new(free.ToImmutable(), expired.ToImmutable(), HandOvers(table, own, alive.Keys, owned, room));
    }

    /// <summary>Who should take a shard that has no live owner; null where it has one, or nobody can.</summary>
    public static long? TakerOf(OwnershipSnapshot table, int shard)
    {
        var (alive, _, room) = Members(table);
        return Takers(table, alive, room).FirstOrDefault(taken => taken.Shard == shard) is { Taker: > 0 and var taker } ? taker : null;
    }

    private static (Dictionary<long, SiloEntry> Alive, ILookup<long, int> Owned, Dictionary<long, int> Room) Members(
        OwnershipSnapshot table)
    {
        var alive = table.Silos.Where(silo => silo.LeaseLeft > TimeSpan.Zero).ToDictionary(silo => silo.Incarnation);
        var owned = Enumerable.Range(0, table.Shards.Length)
            .Where(shard => table.Shards[shard].Owner is { } owner && alive.ContainsKey(owner))
            .ToLookup(shard => table.Shards[shard].Owner!.Value);
        var room = alive.Values.Where(silo => !silo.Draining)
            .ToDictionary(silo => silo.Incarnation, silo => -owned[silo.Incarnation].Count());
        AddTargets(room, table.Shards.Length);
        return (alive, owned, room);
    }

    /// <summary>Who takes the shards without a live owner. What they take is taken off their room as it is told.</summary>
    private static IEnumerable<(int Shard, long Taker)> Takers(
        OwnershipSnapshot table, Dictionary<long, SiloEntry> alive, Dictionary<long, int> room)
    {
        for (var shard = 0; shard < table.Shards.Length; shard++)
        {
            var owner = table.Shards[shard].Owner;
            if ((owner is null || !alive.ContainsKey(owner.Value)) && Best(room, shard) is { } taker)
            {
                room[taker]--;
                yield return (shard, taker);
            }
        }
    }

    /// <summary>Adds to each member what it should own; what it owns was taken off before.</summary>
    private static void AddTargets(Dictionary<long, int> room, int shards)
    {
        if (room.Count == 0)
        {
            return;
        }

        var (floor, extra) = Math.DivRem(shards, room.Count);
        foreach (var member in room.OrderBy(entry => entry.Value).ThenBy(entry => entry.Key).Select(entry => entry.Key).ToArray())
        {
            room[member] += extra-- > 0 ? floor + 1 : floor;
        }
    }

    private static ImmutableArray<HandOver> HandOvers(
        OwnershipSnapshot table, long own, IEnumerable<long> alive, ILookup<long, int> owned, Dictionary<long, int> room)
    {
        var given = new List<(long Recipient, ShardEpoch Shard)>();
        foreach (var giver in alive.Order())
        {
            var left = owned[giver].ToList();
            var surplus = room.TryGetValue(giver, out var wanted) ? -wanted : left.Count;
            for (; surplus > 0 && Neediest(room) is { } recipient; surplus--)
            {
                var shard = left.MaxBy(shard => Affinity(recipient, shard));
                left.Remove(shard);
                room[recipient]--;
                if (giver == own)
                {
                    given.Add((recipient, new ShardEpoch(shard, table.Shards[shard].Epoch)));
                }
            }
        }

        return
        [
            .. given.GroupBy(
                pair => pair.Recipient, (recipient, pairs) => new HandOver(recipient, [.. pairs.Select(pair => pair.Shard)])),
        ];
    }

    private static long? Best(Dictionary<long, int> room, int shard)
    {
        long? best = null;
        foreach (var (member, left) in room)
        {
            if (left > 0 && (best is null || (Affinity(member, shard), member).CompareTo((Affinity(best.Value, shard), best.Value)) > 0))
            {
                best = member;
            }
        }

        return best;
    }

    private static long? Neediest(Dictionary<long, int> room)
    {
        long? neediest = null;
        foreach (var (member, left) in room)
        {
            if (left > 0 && (neediest is null || (left, -member).CompareTo((room[neediest.Value], -neediest.Value)) > 0))
            {
                neediest = member;
            }
        }

        return neediest;
    }

    /// <summary>How well a silo and a shard go together: the finalizer of SplitMix64 over both.</summary>
    private static ulong Affinity(long silo, int shard)
    {
        var mixed = unchecked(((ulong)silo * 0x9E37_79B9_7F4A_7C15) + (ulong)shard);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
