using Npgsql;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;
using Osmo.Testing;
using Osmo.Testing.Network;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What becomes of a commit whose shard was taken, whose neighbour is wrong, or whose connection breaks.</summary>
public sealed class PostgresCommitTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const long Epoch = 5;

    private string _database = null!;
    private PostgresBackendStore _store = null!;
    private PostgresSession _session = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Cancel);
        _store = await OpenAsync(_database);
        _session = await PostgresSession.OpenAsync(_database, Cancel);
        await _session.RunAsync($"UPDATE shard SET epoch = {Epoch}, owner = 1", Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task The_owner_commits_and_loads()
    {
        Assert.Equal(2, await _store.CommitAsync(Owned("east"), Cancel));
        Assert.NotNull((await _store.LoadAsync(StoreSamples.Name("east"), Claim("east"), Cancel)).Backend);
    }

    [Theory]
    [InlineData(Epoch - 1)]
    [InlineData(Epoch + 1)]
    public async Task Another_epoch_is_refused_and_nothing_is_applied(long epoch)
    {
        var commit = Owned("east", epoch) with { NodeWrites = StoreSamples.Writes(StoreSamples.Node("a")), Heartbeat = StoreSamples.Now };

        await AssertFailsAsync(ErrorCode.Moved, _store.CommitAsync(commit, Cancel));
        await AssertFailsAsync(ErrorCode.Moved, _store.LoadAsync(commit.Backend, commit.Owner, Cancel));

        Assert.Empty(await _store.ListAsync(Cancel));
        Assert.Equal(0L, await _session.RunAsync("SELECT count(*) FROM node", Cancel));
        Assert.Equal(2, await _store.CommitAsync(Owned("east"), Cancel));
    }

    [Fact]
    public async Task A_shard_without_owner_is_nobodys()
    {
        await _session.RunAsync("UPDATE shard SET owner = NULL", Cancel);

        await AssertFailsAsync(ErrorCode.Moved, _store.CommitAsync(Owned("east"), Cancel));
        await AssertFailsAsync(ErrorCode.Moved, _store.LoadAsync(StoreSamples.Name("east"), Claim("east"), Cancel));
    }

    [Fact]
    public async Task A_change_of_owner_waits_for_the_commit_under_way_and_later_ones_are_refused()
    {
        await using var taker = await PostgresSession.OpenAsync(_database, Cancel);
        await _session.HoldRevisionsAsync(Cancel);
        var commit = _store.CommitAsync(Owned("east"), Cancel);
        await WaitingAsync(1);
        var take = taker.RunAsync($"UPDATE shard SET epoch = epoch + 1, owner = 2 WHERE number = {Claim("east").Shard}", Cancel);
        await WaitingAsync(2);

        await _session.ReleaseAsync(Cancel);

        Assert.Equal(2, await commit);
        await take;
        await AssertFailsAsync(ErrorCode.Moved, _store.CommitAsync(Owned("east"), Cancel));
        var loaded = await _store.LoadAsync(StoreSamples.Name("east"), Claim("east", Epoch + 1), Cancel);
        Assert.Equal(2, loaded.Backend!.Record.Revision);
    }

    [Fact]
    public async Task Only_the_guilty_of_a_group_fails()
    {
        await _session.HoldRevisionsAsync(Cancel);
        var first = _store.CommitAsync(Owned("first"), Cancel);
        await WaitingAsync(1);
        var good = Enumerable.Range(0, 10).Select(i => _store.CommitAsync(Owned($"good-{i}"), Cancel)).ToList();
        var stale = _store.CommitAsync(Owned("stale", Epoch - 1), Cancel);
        var odd = Owned("odd");
        var unstorable = _store.CommitAsync(odd with { History = odd.History! with { Username = "a\0b" } }, Cancel);
        good.AddRange(Enumerable.Range(10, 10).Select(i => _store.CommitAsync(Owned($"good-{i}"), Cancel)));

        await _session.ReleaseAsync(Cancel);

        await first;
        await AssertFailsAsync(ErrorCode.Moved, stale);
        Assert.Contains("NUL", (await AssertFailsAsync(ErrorCode.Invalid, unstorable)).Message, StringComparison.Ordinal);
        var revisions = await Task.WhenAll(good);
        Assert.Equal(Enumerable.Range(3, 20).Select(n => (long?)n), revisions.Order());
        Assert.Equal(21, (await _store.ListAsync(Cancel)).Count);
    }

    [Fact]
    public async Task Commits_of_one_backend_that_wait_together_keep_their_order()
    {
        await _session.HoldRevisionsAsync(Cancel);
        var commits = Enumerable.Range(0, 10).Select(i => _store.CommitAsync(StoreSamples.Change("east", $"{i}"), Cancel)).ToList();
        await WaitingAsync(1);
        await _session.ReleaseAsync(Cancel);

        Assert.Equal(Enumerable.Range(2, 10).Select(n => (long?)n), await Task.WhenAll(commits));
        Assert.Equal("9", Assert.Single(await _store.ListAsync(Cancel)).Config.Description);
    }

    [Fact]
    public async Task A_session_that_the_server_ends_is_replaced()
    {
        await _session.HoldRevisionsAsync(Cancel);
        var commit = _store.CommitAsync(Owned("east"), Cancel);
        await WaitingAsync(1);
        await _session.RunAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            Cancel);

        await AssertFailsAsync(ErrorCode.Unavailable, commit);
        await _session.ReleaseAsync(Cancel);
        Assert.Equal(2, await _store.CommitAsync(Owned("east"), Cancel));
    }

    /// <summary>
    /// The server does not notice that the client is gone, and would commit when it can. Whoever was told that the outcome is unknown
    /// loads anew, and that must not change afterwards.
    /// </summary>
    [Fact]
    public async Task What_is_loaded_after_a_broken_commit_is_not_changed_by_it_later()
    {
        var server = new NpgsqlConnectionStringBuilder(_database);
        await using var proxy = TcpProxy.InFrontOf(new Uri($"http://127.0.0.1:{server.Port}"));
        server.Port = proxy.Url.Port;
        await using var store = await OpenAsync(server.ConnectionString);
        await _session.HoldRevisionsAsync(Cancel);
        var commit = store.CommitAsync(Owned("east"), Cancel);
        await WaitingAsync(1);
        proxy.StallsToServer = true;
        proxy.Cut();
        await AssertFailsAsync(ErrorCode.Unavailable, commit);
        proxy.StallsToServer = false;

        var loaded = await store.LoadAsync(StoreSamples.Name("east"), Claim("east"), Cancel);
        await _session.ReleaseAsync(Cancel);

        Assert.Null(loaded.Backend);
        Assert.Equal(2, await store.CommitAsync(Owned("west"), Cancel));
        Assert.Equal("west", Assert.Single(await store.ListAsync(Cancel)).Name.Value);
    }

    private static ShardEpoch Claim(string backend, long epoch = Epoch) => new(BackendShard.Of(StoreSamples.Name(backend)), epoch);

    private static BackendCommit Owned(string backend, long epoch = Epoch) =>
        StoreSamples.Change(backend) with { Owner = Claim(backend, epoch) };

    private static async Task<OsmoException> AssertFailsAsync(ErrorCode code, Task commit)
    {
        var failure = await Assert.ThrowsAsync<OsmoException>(() => commit);
        Assert.Equal(code, failure.Code);
        return failure;
    }

    /// <summary>One writer: all commits that wait are one group.</summary>
    private static async Task<PostgresBackendStore> OpenAsync(string database) => new(await PostgresDatabase.OpenAsync(
        new PostgresOptions { ConnectionString = database, Writers = 1, ConnectionsMax = 4, StatementTimeout = TimeSpan.FromSeconds(30) },
        Cancel));

    private Task WaitingAsync(int sessions) => Eventually.AgreesAsync(
        async () => await _session.WaitingAsync(Cancel) is var waiting && waiting == sessions ? null : $"{waiting} wait",
        $"{sessions} sessions wait for a lock");
}
