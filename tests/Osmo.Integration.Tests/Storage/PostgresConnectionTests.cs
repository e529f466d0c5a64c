using Npgsql;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What is said of a database that cannot be used, and how the store finds it again.</summary>
public sealed class PostgresConnectionTests(SharedPostgres postgres)
{
    private const string Secret = "s3cret";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_wrong_is_said_in_plain_words_and_without_the_password()
    {
        var right = new NpgsqlConnectionStringBuilder((await postgres.ServerAsync()).ConnectionString) { Password = Secret };
        Assert.Contains("password", await FailureAsync(right.ConnectionString), StringComparison.Ordinal);
        var free = new NpgsqlConnectionStringBuilder(right.ConnectionString) { Port = 1 };
        Assert.Contains("nothing answers there", await FailureAsync(free.ConnectionString), StringComparison.Ordinal);
        var nowhere = new NpgsqlConnectionStringBuilder(right.ConnectionString) { Host = "no-such-host.invalid" };
        Assert.Contains("no-such-host.invalid", await FailureAsync(nowhere.ConnectionString), StringComparison.Ordinal);
        var database = new NpgsqlConnectionStringBuilder((await postgres.ServerAsync()).ConnectionString) { Database = "none" };
        Assert.Contains("does not exist. Make it", await FailureAsync(database.ConnectionString), StringComparison.Ordinal);
        Assert.Contains("TLS", await FailureAsync($"{database.ConnectionString};SSL Mode=VerifyFull"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_uri_connects_as_well()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync(Cancel));
        var uri = $"postgresql://{database.Username}:{database.Password}@127.0.0.1:{database.Port}/{database.Database}?sslmode=disable";
        await using var store = new PostgresBackendStore(
            await PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = uri }, Cancel));

        await store.CheckAsync(Cancel);
    }

    [Fact]
    public async Task After_a_crash_of_the_server_the_store_goes_on_with_all_that_was_acknowledged()
    {
        await using var server = await PostgresServer.StartAsync(cancellationToken: Cancel);
        await using var store = new PostgresBackendStore(await PostgresDatabase.OpenAsync(
            new PostgresOptions { ConnectionString = await server.CreateDatabaseAsync(Cancel) }, Cancel));
        Assert.Equal(2, await (await ActiveBackend.LoadAsync(store, "east")).ChangeAsync());
        await server.StopAsync(PostgresStop.Immediate);
        var down = await Assert.ThrowsAsync<OsmoException>(() => store.CheckAsync(Cancel));
        Assert.Equal(ErrorCode.Unavailable, down.Code);
        await StoreAssert.FailsAsync(ErrorCode.Unavailable, store.CommitAsync(new BackendCommit(StoreSamples.Name("west"), 1), Cancel));
        var node = new NodeWrite(StoreSamples.Name("west"), 1, "n", 1, Next: null, FactsChanged: false);
        await StoreAssert.FailsAsync(ErrorCode.Unavailable, store.WriteNodeAsync(node, Cancel));
        await StoreAssert.FailsAsync(ErrorCode.Unavailable, store.ConfirmAsync(StoreSamples.Name("east"), 1, Cancel).AsTask());
        await StoreAssert.FailsAsync(ErrorCode.Unavailable, store.LoadAsync(StoreSamples.Name("east"), 1, Cancel));

        await server.StartAgainAsync(Cancel);

        Assert.Equal("east", Assert.Single(await store.ListAsync(Cancel)).Name.Value);
        await CommitsAgainAsync(store);
        Assert.Equal(3, await (await ActiveBackend.LoadAsync(store, "east")).ChangeAsync());
    }

    [Fact]
    public async Task Of_several_hosts_the_one_that_can_be_written_to_is_found_also_after_a_failover()
    {
        await using var first = await PostgresServer.StartAsync(cancellationToken: Cancel);
        var database = new NpgsqlConnectionStringBuilder(await first.CreateDatabaseAsync(Cancel));
        await using var second = await first.StartStandbyAsync(Cancel);
        database.Host = $"127.0.0.1:{second.Port},127.0.0.1:{first.Port}";
        await using var store = new PostgresBackendStore(
            await PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = database.ConnectionString }, Cancel));
        Assert.Equal(2, await (await ActiveBackend.LoadAsync(store, "east")).ChangeAsync());

        await first.StopAsync(PostgresStop.Immediate);
        await second.PromoteAsync(Cancel);

        await CommitsAgainAsync(store);
        Assert.Equal(3, await (await ActiveBackend.LoadAsync(store, "east")).ChangeAsync());
    }

    /// <summary>A commit on a connection from before may fail once more: its outcome is not known.</summary>
    private static Task CommitsAgainAsync(PostgresBackendStore store) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                await store.CheckAsync(Cancel);
                var east = await ActiveBackend.LoadAsync(store, "east");
                await east.CommitAsync(east.Commit() with { Heartbeat = StoreSamples.Now });
                return null;
            }
            catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable)
            {
                return failure.Message;
            }
        },
        "the store commits again");

    private static async Task<string> FailureAsync(string connectionString)
    {
        var failure = await Assert.ThrowsAsync<OsmoException>(
            () => PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = connectionString }, Cancel));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        return failure.Message;
    }
}
