using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Errors;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>Silos and gateways whose database goes away and comes back.</summary>
public sealed class DatabaseOutageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PostgresStop.Fast)]
    [InlineData(PostgresStop.Immediate)]
    public async Task After_an_outage_longer_than_the_lease_everybody_keeps_what_it_had(PostgresStop how)
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Cancel);
        await using var rig = await ClusterRig.StartAsync(await server.CreateDatabaseAsync(Cancel), Cancel);

        // The usual times: with shorter ones a busy machine alone makes one of them late, and then it is right that it loses its shards.
        var lease = new LeaseOptions();
        var silos = new[] { rig.Start("silo-a", lease), rig.Start("silo-b", lease), rig.Start("silo-c", lease) };
        await rig.SettlesAsync(silos);
        var before = (await rig.Table.ReadAsync(Cancel)).Shards;

        await server.StopAsync(how);
        await Eventually.HoldsAsync(() => silos.All(silo => silo.Keeper.State == LeaseState.Fenced), "all have fenced themselves");
        Assert.All(silos, silo => Assert.Empty(silo.Claims()));
        var failure = await Assert.ThrowsAsync<OsmoException>(() => silos[0].Admission.AdmitAsync(1, Cancel).AsTask());
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        await server.StartAgainAsync(Cancel);

        await rig.SettlesAsync(silos);
        Assert.Equal(before, (await rig.Table.ReadAsync(Cancel)).Shards);
    }

    [Fact]
    public async Task A_short_hang_of_the_database_moves_nothing()
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Cancel);
        await using var rig = await ClusterRig.StartAsync(await server.CreateDatabaseAsync(Cancel), Cancel);
        var lease = new LeaseOptions();
        var silos = new[] { rig.Start("silo-a", lease), rig.Start("silo-b", lease) };
        await rig.SettlesAsync(silos);
        var before = (await rig.Table.ReadAsync(Cancel)).Shards;

        await server.PauseAsync();
        await Eventually.HoldsAsync(() => silos.All(silo => silo.Keeper.State == LeaseState.Fenced), "all have fenced themselves");
        await server.ResumeAsync();

        await rig.SettlesAsync(silos);
        Assert.Equal(before, (await rig.Table.ReadAsync(Cancel)).Shards);
    }

    [Fact]
    public async Task Routes_follow_notifications_also_after_the_database_was_away()
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Cancel);
        await using var rig = await ClusterRig.StartAsync(await server.CreateDatabaseAsync(Cancel), Cancel);

        // This gateway never polls while the test lasts: what it knows it was told.
        var options = new LeaseOptions { Poll = TimeSpan.FromHours(1), RoutesAge = TimeSpan.FromHours(1) };
        await using var table = rig.NewTable(options);
        await using var watch = new OwnershipWatch(table, options, TimeProvider.System, NullLogger<OwnershipWatch>.Instance);
        using var routes = new ShardRoutes(watch, null, options);
        Assert.False(routes.IsCurrent);
        watch.Start();

        var first = rig.Start("silo-a");
        await rig.SettlesAsync(first);
        await RoutesAgreeAsync(routes, first);
        Assert.True(routes.IsCurrent);
        Assert.Null(routes.OwnIncarnation);

        await server.RestartAsync(PostgresStop.Immediate, Cancel);
        await rig.SettlesAsync(first);
        var second = rig.Start("silo-b");
        await rig.SettlesAsync(first, second);
        await RoutesAgreeAsync(routes, first, second);
        Assert.Equal(["silo-a", "silo-b"], routes.Silos.Select(silo => silo.Id));
    }

    [Fact]
    public async Task The_last_silo_frees_what_it_owns_when_it_leaves()
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Cancel);
        await using var rig = await ClusterRig.StartAsync(await server.CreateDatabaseAsync(Cancel), Cancel);
        var silo = rig.Start("silo-a");
        await rig.SettlesAsync(silo);

        await silo.Keeper.DrainAsync(Cancel);

        var table = await rig.Table.ReadAsync(Cancel);
        Assert.Empty(table.Silos);
        Assert.All(table.Shards, shard => Assert.Null(shard.Owner));
        Assert.Equal(LeaseState.Left, silo.Keeper.State);

        // And one that cannot reach the database still ends at its deadline.
        var late = rig.Start("silo-b");
        await rig.SettlesAsync(late);
        await server.StopAsync(PostgresStop.Immediate);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await late.Keeper.DrainAsync(deadline.Token);
        Assert.Equal(LeaseState.Left, late.Keeper.State);
        Assert.Empty(late.Claims());
    }

    private static Task RoutesAgreeAsync(ShardRoutes routes, params RigSilo[] silos) => Eventually.HoldsAsync(
        () => Enumerable.Range(0, ClusterRig.Shards).All(
            shard => silos.Any(silo => silo.Claim(shard) is { } claim
                && routes.Get(shard) is var route && route.Epoch == claim.Epoch && route.Owner?.Incarnation == silo.Keeper.Incarnation)),
        "the routes name the owners");
}
