using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Xunit;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>Properties of the balancer over clusters in any state. A failure prints its seed.</summary>
public sealed class ShardBalancerTests
{
    private const int Shards = 256;
    private const int Trials = 300;

    private static readonly Gen<SiloEntry[]> Silos =
        from kinds in Gen.NonEmptyListOf(Gen.Elements(Kind.Serving, Kind.Serving, Kind.Serving, Kind.Draining, Kind.Expired))
        from first in Gen.Choose(1, 1_000)
        select kinds.Take(12).Select((kind, i) => Silo(first + (i * 3), kind)).ToArray();

    private static readonly Gen<OwnershipSnapshot> Tables =
        from silos in Silos
        from owners in Gen.Elements(silos.Select(silo => (long?)silo.Incarnation).Append(null).Append(9_999L).ToArray()).ArrayOf(Shards)
        from lopsided in Gen.Choose(0, Shards)
        from epochs in Gen.Choose(0, 50).Select(epoch => (long)epoch).ArrayOf(Shards)
        select new OwnershipSnapshot(
            DateTimeOffset.UnixEpoch,
            [.. silos],
            [.. owners.Select((owner, i) => new ShardRow(epochs[i], i < lopsided ? silos[0].Incarnation : owner))]);

    private enum Kind
    {
        Serving,
        Draining,
        Expired,
    }

    [Fact]
    public void Whatever_has_no_live_owner_is_claimed_by_exactly_one() => ForAll(table =>
    {
        var claims = Members(table).SelectMany(silo => Claims(table, silo)).Select(claim => claim.Shard).Order().ToArray();
        var orphans = Members(table).Any() ? Enumerable.Range(0, Shards).Where(shard => !IsAlive(table, shard)).ToArray() : [];
        Assert.Equal(orphans, claims);
    });

    [Fact]
    public void One_round_settles_with_fair_shares_and_drains() => ForAll(table =>
    {
        var settled = Round(table);
        var members = Members(table).ToArray();
        if (members.Length == 0)
        {
            Assert.Equal(table.Shards, settled.Shards);
            return;
        }

        Assert.All(members, silo => Assert.InRange(
            Owned(settled, silo.Incarnation), Shards / members.Length, (Shards + members.Length - 1) / members.Length));
        Assert.All(settled.Silos.Except(members), silo => Assert.Equal(0, Owned(settled, silo.Incarnation)));
        Assert.Equal(settled.Shards, Round(settled).Shards);
    });

    [Fact]
    public void A_join_moves_only_what_the_new_silo_gets() => ForAll(table =>
    {
        var settled = Round(table);
        if (!Members(settled).Any())
        {
            return;
        }

        var joined = Round(settled with { Silos = settled.Silos.Add(Silo(5_000, Kind.Serving)) });
        var moved = Enumerable.Range(0, Shards).Where(shard => settled.Shards[shard].Owner != joined.Shards[shard].Owner).ToArray();
        Assert.All(moved, shard => Assert.Equal(5_000, joined.Shards[shard].Owner));
        Assert.InRange(moved.Length, Shards / Members(joined).Count(), (Shards / Members(joined).Count()) + 1);
    });

    [Fact]
    public void A_death_and_a_drain_move_only_what_the_silo_had() => ForAll(table =>
    {
        var settled = Round(table);
        var members = Members(settled).ToArray();
        if (members.Length < 2)
        {
            return;
        }

        foreach (var end in new[] { Kind.Draining, Kind.Expired })
        {
            var leaver = members[^1].Incarnation;
            var after = Round(settled with { Silos = settled.Silos.Replace(members[^1], Silo(leaver, end)) });
            Assert.Equal(0, Owned(after, leaver));
            Assert.All(
                Enumerable.Range(0, Shards).Where(shard => settled.Shards[shard].Owner != leaver),
                shard => Assert.Equal(settled.Shards[shard], after.Shards[shard]));
        }
    });

    [Fact]
    public void Silos_that_see_each_other_late_seldom_want_the_same_shard()
    {
        var free = Enumerable.Repeat(new ShardRow(1, null), Shards).ToImmutableArray();
        var silos = Enumerable.Range(1, 4).Select(i => Silo(i, Kind.Serving)).ToImmutableArray();

        // The first three see one another; the last sees all four.
        var early = new OwnershipSnapshot(DateTimeOffset.UnixEpoch, silos[..3], free);
        var late = early with { Silos = silos };
        var wantedEarly = silos[..3].SelectMany(silo => Claims(early, silo)).ToArray();
        var wantedLate = Claims(late, silos[3]);

        Assert.Equal(Shards, wantedEarly.Length);
        Assert.Equal(Shards / 4, wantedLate.Count());
        var stillAgreed = silos[..3].Sum(silo => Claims(early, silo).Intersect(Claims(late, silo)).Count());
        Assert.True(stillAgreed > Shards / 2, $"only {stillAgreed} shards stay with the same silo");
    }

    /// <summary>Everybody reads the same table and applies its own part.</summary>
    private static OwnershipSnapshot Round(OwnershipSnapshot table)
    {
        var shards = table.Shards.ToArray();
        foreach (var silo in table.Silos.Where(silo => silo.LeaseLeft > TimeSpan.Zero))
        {
            var plan = ShardBalancer.Plan(table, silo.Incarnation);
            foreach (var claim in plan.Free.Concat(plan.Expired))
            {
                Assert.Equal(table.Shards[claim.Shard], shards[claim.Shard]);
                shards[claim.Shard] = new(claim.Epoch + 1, silo.Incarnation);
            }

            foreach (var (recipient, given) in plan.HandOvers.SelectMany(over => over.Shards.Select(shard => (over.Recipient, shard))))
            {
                Assert.Equal(new ShardRow(given.Epoch, silo.Incarnation), shards[given.Shard]);
                shards[given.Shard] = new(given.Epoch + 1, recipient);
            }
        }

        return table with { Shards = [.. shards] };
    }

    private static IEnumerable<Grains.Storage.ShardEpoch> Claims(OwnershipSnapshot table, SiloEntry silo)
    {
        var plan = ShardBalancer.Plan(table, silo.Incarnation);
        return plan.Free.Concat(plan.Expired);
    }

    private static IEnumerable<SiloEntry> Members(OwnershipSnapshot table) =>
        table.Silos.Where(silo => silo.LeaseLeft > TimeSpan.Zero && !silo.Draining);

    private static bool IsAlive(OwnershipSnapshot table, int shard) => table.Find(table.Shards[shard].Owner)?.LeaseLeft > TimeSpan.Zero;

    private static int Owned(OwnershipSnapshot table, long silo) => table.Shards.Count(shard => shard.Owner == silo);

    private static SiloEntry Silo(long incarnation, Kind kind) => new(
        incarnation, $"silo-{incarnation}", new Uri("http://127.0.0.1:1"), "1", 1, DateTimeOffset.UnixEpoch,
        TimeSpan.FromSeconds(kind == Kind.Expired ? -1 : 2), kind == Kind.Draining, 0, 0);

    private static void ForAll(Action<OwnershipSnapshot> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Trials), Prop.ForAll(Arb.From(Tables), holds));
}
