using Npgsql;
using Osmo.Domain.Errors;
using Osmo.Storage.Postgres;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>How a database gets its schema, also when many begin at once and when builds of two versions meet.</summary>
public sealed class PostgresMigrationTests(SharedPostgres postgres)
{
    private static readonly PostgresMigrations.Script One =
        PostgresMigrations.Script.Parse("-- compatible-from: 1\nCREATE TABLE one (n int); INSERT INTO one VALUES (1);");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Processes_that_start_at_once_make_the_schema_once()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        var options = new PostgresOptions { ConnectionString = database, ConnectionsMax = 2 };
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PostgresDatabase.OpenAsync(options, Cancel))));
        foreach (var one in opened)
        {
            await one.DisposeAsync();
        }

        await using var session = await PostgresSession.OpenAsync(database, Cancel);
        const string Versions = "SELECT string_agg(version::text, ',' ORDER BY version) FROM schema_version";
        Assert.Equal("1,2,3,4", await session.RunAsync(Versions, Cancel));
        Assert.Equal(1L, await session.RunAsync("SELECT count(*) FROM cluster", Cancel));
    }

    [Fact]
    public async Task An_older_build_goes_on_beside_a_newer_schema_that_says_it_may()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await ApplyAsync(database, One, PostgresMigrations.Script.Parse("-- compatible-from: 1\nCREATE TABLE two (n int);"));

        await ApplyAsync(database, One);
    }

    [Fact]
    public async Task An_older_build_refuses_a_newer_schema_that_does_not_say_so()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await ApplyAsync(
            database,
            One,
            PostgresMigrations.Script.Parse("-- compatible-from: 2\nALTER TABLE one RENAME TO two;"),
            PostgresMigrations.Script.Parse("-- compatible-from: 1\nCREATE TABLE three (n int);"));

        var failure = await Assert.ThrowsAsync<OsmoException>(() => ApplyAsync(database, One));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.Contains("version 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("newer Osmo", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_fails_leaves_the_version_before_and_the_next_start_goes_on()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        var broken = PostgresMigrations.Script.Parse("-- compatible-from: 1\nCREATE TABLE two (n int); SELECT 1 / 0;");
        await Assert.ThrowsAsync<PostgresException>(() => ApplyAsync(database, One, broken));

        await ApplyAsync(database, One, PostgresMigrations.Script.Parse("-- compatible-from: 1\nCREATE TABLE two (n int);"));

        await using var session = await PostgresSession.OpenAsync(database, Cancel);
        Assert.Equal(1, await session.RunAsync("SELECT n FROM one", Cancel));
        Assert.Equal(2, await session.RunAsync("SELECT max(version) FROM schema_version", Cancel));
    }

    private static async Task ApplyAsync(string database, params PostgresMigrations.Script[] scripts)
    {
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync(Cancel);
        await new PostgresMigrations(scripts).ApplyAsync(connection, "test", Cancel);
    }
}
