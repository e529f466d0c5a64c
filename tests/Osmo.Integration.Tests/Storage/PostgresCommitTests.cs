using Npgsql;
using Osmo.Domain.Errors;
using Osmo.Storage.Postgres;
using Osmo.Testing;
using Osmo.Testing.Network;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What becomes of a write whose backend is taken over, whose neighbour is wrong, or whose connection breaks.</summary>
public sealed class PostgresCommitTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string TerminatedByCommand = "57P01";

    private string _database = null!;
    private PostgresBackendStore _store = null!;
    private PostgresSession _session = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Cancel);
        _store = await OpenAsync(_database);
        _session = await PostgresSession.OpenAsync(_database, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task A_load_waits_for_the_change_under_way_and_later_ones_are_refused()
    {
        var first = await ActiveBackend.CreateAsync(_store, "east");
        await using var other = await OpenAsync(_database);
        await _session.HoldRevisionsAsync(Cancel);
        var change = first.ChangeAsync("under way");
        await WaitingAsync(1);
        var load = ActiveBackend.LoadAsync(other, "east");
        await WaitingAsync(2);

        await _session.ReleaseAsync(Cancel);

        Assert.Equal(3, await change);
        var loaded = (await load).Loaded.Backend!.Record;
        Assert.Equal((3, "under way"), (loaded.Revision, loaded.Config.Description));
        await StoreAssert.MovedAsync(first.ChangeAsync());
    }

    [Fact]
    public async Task A_load_waits_for_the_nodes_under_way_and_later_ones_are_refused()
    {
        var node = StoreSamples.Node("a");
        var first = await ActiveBackend.CreateAsync(_store, "east", node);
        await using var other = await OpenAsync(_database);
        await _session.RunAsync("BEGIN; SELECT FROM node FOR UPDATE", Cancel);
        var next = node.Next();
        var write = first.WriteAsync(first.Update(node, next));
        await WaitingAsync(1);
        var load = ActiveBackend.LoadAsync(other, "east");
        await WaitingAsync(2);

        await _session.ReleaseAsync(Cancel);

        await write;
        StoreAssert.Same([next], (await load).Loaded);
        await StoreAssert.MovedAsync(first.WriteAsync(first.Update(next, next.Next())));
    }

    [Fact]
    public async Task A_load_ends_a_session_that_holds_the_backend_and_sends_no_more()
    {
        var dead = await ActiveBackend.CreateAsync(_store, "east");
        await using var write = await HalfSentWrite.SendAsync(_session, _database, "east", dead.Activation, Cancel);
        await using var another = await HalfSentWrite.SendAsync(_session, _database, "east", dead.Activation, Cancel);
        await using var impatient = await OpenAsync(_database, TimeSpan.FromSeconds(1));

        var next = await ActiveBackend.LoadAsync(impatient, "east");

        Assert.Equal(TerminatedByCommand, (await Assert.ThrowsAsync<PostgresException>(write.EndAsync)).SqlState);
        Assert.Equal(TerminatedByCommand, (await Assert.ThrowsAsync<PostgresException>(another.EndAsync)).SqlState);
        await next.ConfirmAsync();
    }

    [Fact]
    public async Task A_load_leaves_a_session_alone_that_has_not_held_the_backend_for_long()
    {
        var first = await ActiveBackend.CreateAsync(_store, "east");
        await using var other = await OpenAsync(_database);
        await using var write = await HalfSentWrite.SendAsync(_session, _database, "east", first.Activation, Cancel);
        var load = ActiveBackend.LoadAsync(other, "east");
        await WaitingAsync(1);

        await write.EndAsync();

        await (await load).ConfirmAsync();
    }

    [Fact]
    public async Task Only_the_guilty_of_a_group_fails()
    {
        var stale = await ActiveBackend.CreateAsync(_store, "stale");
        await ActiveBackend.LoadAsync(_store, "stale");
        var there = await ActiveBackend.CreateAsync(_store, "there");
        var odd = await ActiveBackend.LoadAsync(_store, "odd");
        var good = new List<ActiveBackend>();
        for (var i = 0; i < 20; i++)
        {
            good.Add(await ActiveBackend.LoadAsync(_store, $"good-{i}"));
        }

        await _session.HoldRevisionsAsync(Cancel);
        var first = there.ChangeAsync();
        await WaitingAsync(1);
        var changes = good.Take(10).Select(backend => backend.ChangeAsync()).ToList();
        var moved = stale.ChangeAsync();
        var created = there.CommitAsync(there.Change() with { Creates = true });
        var change = odd.Change();
        var unstorable = odd.CommitAsync(change with { History = change.History! with { Username = "a\0b" } });
        changes.AddRange(good.Skip(10).Select(backend => backend.ChangeAsync()));

        await _session.ReleaseAsync(Cancel);

        Assert.Equal(4, await first);
        await StoreAssert.MovedAsync(moved);
        await StoreAssert.MovedAsync(created);
        Assert.Contains("NUL", (await StoreAssert.FailsAsync(ErrorCode.Invalid, unstorable)).Message, StringComparison.Ordinal);
        var revisions = await Task.WhenAll(changes);
        Assert.Equal(Enumerable.Range(5, 20).Select(n => (long?)n), revisions.Order());
        Assert.Equal(22, (await _store.ListAsync(Cancel)).Count);
    }

    [Fact]
    public async Task Changes_of_one_backend_that_wait_together_keep_their_order()
    {
        var east = await ActiveBackend.CreateAsync(_store, "east");
        await _session.HoldRevisionsAsync(Cancel);
        var changes = Enumerable.Range(0, 10).Select(i => east.ChangeAsync($"{i}")).ToList();
        await WaitingAsync(1);
        await _session.ReleaseAsync(Cancel);

        Assert.Equal(Enumerable.Range(3, 10).Select(n => (long?)n), await Task.WhenAll(changes));
        Assert.Equal("9", Assert.Single(await _store.ListAsync(Cancel)).Config.Description);
    }

    [Fact]
    public async Task A_session_that_the_server_ends_is_replaced_and_what_waited_is_written()
    {
        var east = await ActiveBackend.CreateAsync(_store, "east");
        await _session.HoldRevisionsAsync(Cancel);
        var change = east.ChangeAsync();
        await WaitingAsync(1);
        var write = east.InsertAsync(StoreSamples.Node("a"));
        await _session.RunAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            Cancel);

        await StoreAssert.FailsAsync(ErrorCode.Unavailable, change);
        await write;
        await _session.ReleaseAsync(Cancel);
        Assert.Equal(3, await (await ActiveBackend.LoadAsync(_store, "east")).ChangeAsync());
    }

    /// <summary>
    /// The server does not notice that the client is gone, and would commit when it can. Whoever was told that the outcome is unknown
    /// loads again, also under the same activation, and that must not change afterwards.
    /// </summary>
    [Fact]
    public async Task What_is_loaded_after_a_broken_change_is_not_changed_by_it_later()
    {
        var server = new NpgsqlConnectionStringBuilder(_database);
        await using var proxy = TcpProxy.InFrontOf(new Uri($"http://127.0.0.1:{server.Port}"));
        server.Port = proxy.Url.Port;
        await using var store = await OpenAsync(server.ConnectionString);
        var east = await ActiveBackend.CreateAsync(store, "east");
        await _session.HoldRevisionsAsync(Cancel);
        var change = east.ChangeAsync("lost");
        await WaitingAsync(1);
        proxy.StallsToServer = true;
        proxy.Cut();
        await StoreAssert.FailsAsync(ErrorCode.Unavailable, change);
        proxy.StallsToServer = false;

        var loaded = await store.LoadAsync(StoreSamples.Name("east"), east.Activation, Cancel);
        await _session.ReleaseAsync(Cancel);

        Assert.Equal(2, loaded.Backend!.Record.Revision);
        Assert.Equal(3, await (await ActiveBackend.LoadAsync(store, "west")).ChangeAsync());
        Assert.Equal("", (await ActiveBackend.LoadAsync(store, "east")).Loaded.Backend!.Record.Config.Description);
    }

    /// <summary>One writer: all writes that wait are one group.</summary>
    private static async Task<PostgresBackendStore> OpenAsync(string database, TimeSpan? statementTimeout = null) =>
        new(await PostgresDatabase.OpenAsync(
            new PostgresOptions
            {
                ConnectionString = database,
                Writers = 1,
                ConnectionsMax = 4,
                StatementTimeout = statementTimeout ?? TimeSpan.FromSeconds(30),
            },
            Cancel));

    private Task WaitingAsync(int sessions) => Eventually.AgreesAsync(
        async () => await _session.WaitingAsync(Cancel) is var waiting && waiting == sessions ? null : $"{waiting} wait",
        $"{sessions} sessions wait for a lock");
}
