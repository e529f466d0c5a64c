using Npgsql;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Postgres;

/// <summary>The tests' own PostgreSQL does what the tests that break it rely on.</summary>
public sealed class PostgresServerTests
{
    [Fact]
    public async Task What_was_committed_is_there_after_a_crash()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await PostgresServer.StartAsync(cancellationToken: cancel);
        var database = await server.CreateDatabaseAsync(cancel);
        await ExecuteAsync(database, "CREATE TABLE t AS SELECT 7 AS seven", cancel);
        var port = server.Port;

        await server.RestartAsync(PostgresStop.Immediate, cancel);

        Assert.Equal(port, server.Port);
        Assert.Equal(7, await ExecuteAsync(database, "SELECT seven FROM t", cancel));
        Assert.Equal("on", await ExecuteAsync(database, "SHOW fsync", cancel));
    }

    [Fact]
    public async Task A_paused_server_answers_when_it_is_resumed()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await PostgresServer.StartAsync(cancellationToken: cancel);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand("SELECT 1", connection);

        await server.PauseAsync();
        var answer = command.ExecuteScalarAsync(cancel);
        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(200), cancel));
        await server.ResumeAsync();

        Assert.Equal(1, await answer);
    }

    [Fact]
    public async Task A_promoted_standby_has_everything_that_was_acknowledged()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await PostgresServer.StartAsync(cancellationToken: cancel);
        var database = await server.CreateDatabaseAsync(cancel);
        await ExecuteAsync(database, "CREATE TABLE t (n int)", cancel);
        await using var standby = await server.StartStandbyAsync(cancel);
        for (var n = 0; n < 100; n++)
        {
            await ExecuteAsync(database, $"INSERT INTO t VALUES ({n})", cancel);
        }

        await server.StopAsync(PostgresStop.Immediate);
        await standby.PromoteAsync(cancel);

        var moved = standby.ConnectionStringOf(new NpgsqlConnectionStringBuilder(database).Database!);
        Assert.Equal(100L, await ExecuteAsync(moved, "SELECT count(*) FROM t", cancel));
        await ExecuteAsync(moved, "INSERT INTO t VALUES (100)", cancel);
    }

    private static async Task<object?> ExecuteAsync(string database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
