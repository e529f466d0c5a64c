using System.Diagnostics;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>Silos that share the shards of a real database.</summary>
public sealed class OwnershipTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_share_fairly_as_they_join_and_leave()
    {
        await using var rig = await RigAsync();
        var first = rig.Start("silo-a");
        await rig.SettlesAsync(first);
        var second = rig.Start("silo-b");
        await rig.SettlesAsync(first, second);
        var third = rig.Start("silo-c");
        await rig.SettlesAsync(first, second, third);

        await second.Keeper.DrainAsync(Cancel);
        Assert.Equal(LeaseState.Left, second.Keeper.State);
        Assert.Empty(second.Claims());
        Assert.Equal(["silo-a", "silo-c"], (await rig.Table.ReadAsync(Cancel)).Silos.Select(silo => silo.Id).Order());
        await rig.SettlesAsync(first, third);

        await Eventually.HoldsAsync(
            () => first.Routes.Read().Silos is { Count: 2 } silos && silos.Sum(silo => silo.Shards) == ClusterRig.Shards,
            "the view is whole");
        Assert.All(first.Routes.Read().Silos, silo => Assert.Equal((128, 3, 30L), (silo.Shards, silo.Silo.Backends, silo.Silo.Nodes)));
    }

    [Fact]
    public async Task A_hand_over_ends_grains_after_claims_stop_and_reaches_the_recipient_by_notification()
    {
        await using var rig = await RigAsync();

        // Nothing would be read in time but for notifications.
        var first = rig.Start("silo-a");
        await rig.SettlesAsync(first);
        var second = rig.Start("silo-b");
        await rig.SettlesAsync(first, second);

        var shard = second.Claims().Keys.First();
        var clock = Stopwatch.GetTimestamp();
        var before = first.Rights.EpochOf(shard);
        var drained = second.Keeper.DrainAsync(Cancel);
        await Eventually.HoldsAsync(() => second.Claim(shard) is null, "the shard is given up");
        var ceased = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(() => first.Claim(shard) is not null, "the shard is served again");
        output.WriteLine($"pause of a shard: {Stopwatch.GetElapsedTime(ceased).TotalMilliseconds:f1} ms (looked at every 5 ms)");
        await drained;
        output.WriteLine($"drain of 128 shards: {Stopwatch.GetElapsedTime(clock).TotalMilliseconds:f0} ms");
        Assert.Equal(0, before);
        Assert.Contains(second.Ended, shards => shards.Contains(shard));
        await rig.SettlesAsync(first);
    }

    [Fact]
    public async Task Shards_of_a_dead_silo_are_taken_when_its_lease_ends()
    {
        await using var rig = await RigAsync();
        var lease = new LeaseOptions();
        var (first, second) = (rig.Start("silo-a", lease), rig.Start("silo-b", lease));
        await rig.SettlesAsync(first, second);
        await Eventually.HoldsAsync(() => first.Keeper.State == LeaseState.Serving, "the first serves");
        var held = second.Claims();

        await second.DieAsync();
        var died = Stopwatch.GetTimestamp();
        await rig.SettlesAsync(first);
        output.WriteLine($"from silence to takeover with the default lease: {Stopwatch.GetElapsedTime(died).TotalMilliseconds:f0} ms");

        Assert.All(held, right => Assert.Equal(right.Value + 1, first.Claim(right.Key)!.Value.Epoch));
    }

    [Fact]
    public async Task Another_start_of_an_id_supersedes_and_gets_the_shards_at_once()
    {
        await using var rig = await RigAsync();
        var (first, old) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, old);

        var next = rig.Start("silo-b");
        var error = await old.Keeper.Superseded.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.Contains("silo-b", error.Message, StringComparison.Ordinal);
        Assert.Equal(LeaseState.Superseded, old.Keeper.State);
        Assert.Empty(old.Claims());
        await rig.SettlesAsync(first, next);
    }

    [Fact]
    public async Task Two_starts_of_an_id_at_the_same_moment_leave_one()
    {
        await using var rig = await RigAsync();
        var silos = Enumerable.Range(0, 4).Select(_ => rig.Start("silo-a")).ToArray();
        await Eventually.HoldsAsync(
            () => silos.Count(silo => silo.Keeper.State == LeaseState.Superseded) == 3, "three have stopped");
        await rig.SettlesAsync(silos.Single(silo => silo.Keeper.State != LeaseState.Superseded));
    }

    [Fact]
    public async Task What_a_paused_silo_wakes_up_with_the_store_refuses()
    {
        await using var rig = await RigAsync();
        var time = new ManualTimeProvider();
        var first = rig.Start("silo-a");
        var paused = rig.Start("silo-b", time: time);
        await SettleWithClockAsync(rig, time, first, paused);

        // Its clock stands still, and so do its loops; it believes in its lease for as long as that lasts.
        var claim = paused.Claim(paused.Claims().Keys.First())!.Value;
        await rig.SettlesAsync(first);
        Assert.Equal(claim, paused.Claim(claim.Shard));

        var refused = await Assert.ThrowsAsync<OsmoException>(
            () => paused.Ownership.ConfirmAsync(claim, Cancel).AsTask());
        Assert.Equal(ErrorCode.Moved, refused.Code);
        refused = await Assert.ThrowsAsync<OsmoException>(
            () => rig.Store.LoadAsync(RigSilo.NameOf(claim.Shard), claim, Cancel));
        Assert.Equal(ErrorCode.Moved, refused.Code);

        await SettleWithClockAsync(rig, time, first, paused);
        Assert.Contains(paused.Ended, shards => shards.Contains(claim.Shard));
    }

    [Fact]
    public async Task A_silo_whose_row_was_forgotten_joins_again_as_another_incarnation()
    {
        await using var rig = await RigAsync();
        var time = new ManualTimeProvider();
        var first = rig.Start("silo-a");
        var paused = rig.Start("silo-b", time: time);
        await SettleWithClockAsync(rig, time, first, paused);
        var incarnation = paused.Keeper.Incarnation;

        await rig.SettlesAsync(first);
        await Eventually.AgreesAsync(
            async () => (await rig.Table.ReadAsync(Cancel)).Silos.Length == 1 ? null : "two rows", "the silent silo is forgotten");

        await SettleWithClockAsync(rig, time, first, paused);
        Assert.True(paused.Keeper.Incarnation > incarnation);
    }

    [Fact]
    public async Task A_commit_that_holds_a_shard_delays_that_shard_alone()
    {
        await using var rig = await RigAsync();
        await using var connection = await rig.Database.Source.OpenConnectionAsync(Cancel);
        await using var commit = await connection.BeginTransactionAsync(Cancel);
        await using var fence = connection.CreateCommand();
        fence.CommandText = "SELECT FROM shard WHERE number = 7 FOR SHARE";
        await fence.ExecuteNonQueryAsync(Cancel);

        var silo = rig.Start("silo-a");
        await Eventually.HoldsAsync(() => silo.Claims().Count == ClusterRig.Shards - 1, "all but one are taken");
        Assert.Null(silo.Claim(7));

        await commit.CommitAsync(Cancel);
        await rig.SettlesAsync(silo);
    }

    [Fact]
    public async Task A_recipient_that_is_called_early_looks_before_it_refuses()
    {
        await using var rig = await RigAsync();
        var (first, second) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, second);
        var own = first.Claims().Keys.First();
        var foreign = second.Claims().Keys.First();

        await first.Admission.AdmitAsync(own, Cancel);
        var refusal = await Assert.ThrowsAsync<OsmoException>(() => first.Admission.AdmitAsync(foreign, Cancel).AsTask());
        Assert.Equal(ErrorCode.Moved, refusal.Code);
        Assert.Equal(new ShardMove(foreign, second.Claim(foreign)!.Value.Epoch, second.Keeper.Incarnation), refusal.Move);

        var route = first.Routes.Get(foreign);
        Assert.Equal("silo-b", route.Owner?.Id);
        var moved = second.Keeper.DrainAsync(Cancel);
        while (first.Routes.Get(foreign).Owner?.Id != "silo-a")
        {
            await first.Routes.RefreshAsync(foreign, route, Cancel);
        }

        await first.Admission.AdmitAsync(foreign, Cancel);
        await moved;
    }

    [Fact]
    public async Task Confirmations_of_many_callers_are_few_queries_and_see_a_takeover()
    {
        await using var rig = await RigAsync();
        var silo = rig.Start("silo-a");
        await rig.SettlesAsync(silo);
        var claims = Enumerable.Range(0, 32).Select(shard => silo.Claim(shard)!.Value).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => silo.Ownership.ConfirmAsync(claims[i % 32], Cancel).AsTask()));

        // Taken away behind its back.
        await using var steal = rig.Database.Source.CreateCommand("UPDATE shard SET epoch = epoch + 1 WHERE number = 3");
        await steal.ExecuteNonQueryAsync(Cancel);
        var confirmations = claims.Select(
            claim => Record.ExceptionAsync(() => silo.Ownership.ConfirmAsync(claim, Cancel).AsTask()).AsTask());
        var failures = await Task.WhenAll(confirmations);
        Assert.Equal([3], Enumerable.Range(0, 32).Where(shard => failures[shard] is not null));
        Assert.Equal(ErrorCode.Moved, Assert.IsType<OsmoException>(failures[3]).Code);

        // The table still names this silo: it goes on under the new epoch.
        await Eventually.HoldsAsync(() => silo.Claim(3) == new ShardEpoch(3, claims[3].Epoch + 1), "it claims the new epoch");
        Assert.Contains(silo.Ended, shards => shards.Contains(3));
    }

    private async Task<ClusterRig> RigAsync() => await ClusterRig.StartAsync(await postgres.CreateDatabaseAsync(Cancel), Cancel);

    private static async Task SettleWithClockAsync(ClusterRig rig, ManualTimeProvider time, params RigSilo[] silos)
    {
        using var stop = new CancellationTokenSource();
        var ticking = Task.Run(
            async () =>
            {
                using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
                while (!stop.IsCancellationRequested)
                {
                    await timer.WaitForNextTickAsync(CancellationToken.None);
                    time.Advance(TimeSpan.FromMilliseconds(20));
                }
            },
            Cancel);
        await rig.SettlesAsync(silos);
        await stop.CancelAsync();
        await ticking;
    }
}
