using Npgsql;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Storage;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>
/// Shards that something keeps from moving: commits that were sent by half and hold their rows, which are ended for the dead and never
/// for the living, and recipients that die when they are given some.
/// </summary>
public sealed class HeldShardTests(SharedPostgres postgres)
{
    private const string TerminatedByCommand = "57P01";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Shards_that_a_dead_silo_s_sessions_hold_are_taken_and_its_commits_fail(int sessions)
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await ClusterRig.StartAsync(database, Cancel);
        var (first, dead) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, dead);
        var claims = Rights(dead);

        // More than one at a row: it then names a group of transactions.
        var commits = new List<HalfSentCommit>();
        for (var i = 0; i < sessions; i++)
        {
            commits.Add(await HalfSentCommit.SendAsync(rig.Database, database, claims, Cancel));
        }

        await dead.DieAsync();
        await rig.SettlesAsync(first);

        Assert.All(claims, claim => Assert.True(first.Claim(claim.Shard)!.Value.Epoch > claim.Epoch));
        foreach (var commit in commits)
        {
            await FailsAsync(commit);
            await commit.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_open_transaction_of_a_dead_silo_is_ended_too()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await ClusterRig.StartAsync(database, Cancel);
        var (first, dead) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, dead);
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await FenceAsync(connection, Rights(dead));

        await dead.DieAsync();
        await rig.SettlesAsync(first);

        var ended = await Assert.ThrowsAsync<PostgresException>(() => transaction.CommitAsync(Cancel));
        Assert.Equal(TerminatedByCommand, ended.SqlState);
    }

    [Fact]
    public async Task Shards_of_a_silo_that_was_superseded_are_taken_from_what_it_left_behind()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await ClusterRig.StartAsync(database, Cancel);
        var (first, dead) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, dead);
        await using var commit = await HalfSentCommit.SendAsync(rig.Database, database, Rights(dead), Cancel);

        await dead.DieAsync();
        var next = rig.Start("silo-b");
        await rig.SettlesAsync(first, next);

        await FailsAsync(commit);
    }

    [Fact]
    public async Task A_session_of_a_living_silo_is_never_ended()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await ClusterRig.StartAsync(database, Cancel);
        var (first, dead) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, dead);
        var (own, others) = (Rights(first), Rights(dead));
        await using var commit = await HalfSentCommit.SendAsync(rig.Database, database, own, Cancel);
        await Eventually.AgreesAsync(async () => await IsOldAsync(rig) ? null : "young", "the transaction is old");

        // While it holds its shards, another joins that should have some, and another one dies.
        var joining = rig.Start("silo-c");
        await dead.DieAsync();
        await Eventually.HoldsAsync(() => joining.Claims().Count > 0 && others.All(IsTaken), "the dead one's shards are taken");
        Assert.Equal(default, await rig.Table.EndHoldersAsync(joining.Keeper.Incarnation!.Value, own, Cancel));
        Assert.Equal(own, own.Select(claim => first.Claim(claim.Shard)!.Value));

        await commit.EndAsync();
        await rig.SettlesAsync(first, joining);

        bool IsTaken(ShardEpoch claim) => first.Claim(claim.Shard) is not null || joining.Claim(claim.Shard) is not null;
    }

    [Fact]
    public async Task Who_has_no_lease_ends_nobody()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await ClusterRig.StartAsync(database, Cancel);
        var dead = rig.Start("silo-b");
        await rig.SettlesAsync(dead);
        var (claims, incarnation) = (Rights(dead), dead.Keeper.Incarnation!.Value);
        await using var commit = await HalfSentCommit.SendAsync(rig.Database, database, claims, Cancel);
        await dead.DieAsync();
        await Eventually.AgreesAsync(
            async () => (await rig.Table.ReadAsync(Cancel)).Find(incarnation)?.LeaseLeft < TimeSpan.Zero ? null : "it runs",
            "the lease ends");
        await Eventually.AgreesAsync(async () => await IsOldAsync(rig) ? null : "young", "the transaction is old");

        Assert.Equal(default, await rig.Table.EndHoldersAsync(incarnation, claims, Cancel));

        await commit.EndAsync();
    }

    [Fact]
    public async Task Shards_whose_recipient_dies_when_they_are_handed_to_it_are_taken_by_the_others()
    {
        await using var rig = await ClusterRig.StartAsync(await postgres.CreateDatabaseAsync(Cancel), Cancel);

        // A lease that is long enough for the recipient to be dead and its lease to run when the shards go.
        var lease = ClusterRig.Quick with { Lease = TimeSpan.FromSeconds(8) };
        var (first, second) = (rig.Start("silo-a", lease), rig.Start("silo-b", lease));
        await rig.SettlesAsync(first, second);
        var before = Rights(first).Concat(Rights(second)).ToDictionary(claim => claim.Shard, claim => claim.Epoch);
        var recipient = new TaskCompletionSource<RigSilo>();
        first.Ending = second.Ending = async () =>
        {
            // The others may know of it before it has heard so itself.
            var dying = await recipient.Task;
            await Eventually.HoldsAsync(() => dying.Keeper.Incarnation is not null, "the recipient knows its incarnation");
            await dying.DieAsync();
        };

        var third = rig.Start("silo-c", lease);
        recipient.SetResult(third);
        await Eventually.AgreesAsync(
            async () => (await rig.Table.ReadAsync(Cancel)).Shards.Any(shard => shard.Owner is { } to && to == third.Keeper.Incarnation)
                ? null
                : "none",
            "the dead one is given shards");
        await rig.SettlesAsync(first, second);

        // Given once and taken once.
        var batch = first.Ended.Concat(second.Ended).First(shards => shards.All(shard => Epoch(shard) >= before[shard] + 2));
        Assert.NotEmpty(batch);

        long Epoch(int shard) => (first.Claim(shard) ?? second.Claim(shard))!.Value.Epoch;
    }

    private static ShardEpoch[] Rights(RigSilo silo) => [.. silo.Claims().Select(claim => new ShardEpoch(claim.Key, claim.Value))];

    private static async Task FailsAsync(HalfSentCommit commit) =>
        Assert.Equal(TerminatedByCommand, (await Assert.ThrowsAsync<PostgresException>(commit.EndAsync)).SqlState);

    private static async Task FenceAsync(NpgsqlConnection connection, ShardEpoch[] claims)
    {
        await using var fence = new NpgsqlCommand("SELECT fence($1, $2)", connection);
        fence.Parameters.Add(new NpgsqlParameter { Value = claims.Select(claim => claim.Shard).ToArray() });
        fence.Parameters.Add(new NpgsqlParameter { Value = claims.Select(claim => claim.Epoch).ToArray() });
        await fence.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Whether a transaction is under way that has outlived every limit of a statement.</summary>
    private static async Task<bool> IsOldAsync(ClusterRig rig)
    {
        await using var ask = rig.Database.Source.CreateCommand(
            """
            SELECT EXISTS (
              SELECT FROM pg_stat_activity WHERE datname = current_database() AND xact_start < clock_timestamp() - $1 * 1.5)
            """);
        ask.Parameters.Add(new NpgsqlParameter { Value = new LeaseOptions().StatementLimit });
        return await ask.ExecuteScalarAsync(Cancel) is true;
    }
}
