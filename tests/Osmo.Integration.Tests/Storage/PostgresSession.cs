using Npgsql;

namespace Osmo.Integration.Tests.Storage;

/// <summary>A session of the test's own, beside the store's.</summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private PostgresSession(NpgsqlConnection connection) => _connection = connection;

    public static async Task<PostgresSession> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        return new PostgresSession(connection);
    }

    /// <summary>Runs one or more statements.</summary>
    /// <returns>The first column of the first row.</returns>
    public async Task<object?> RunAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Holds what every change of a configuration has to take last, so that commits stop there until the release.</summary>
    public Task<object?> HoldRevisionsAsync(CancellationToken cancellationToken) =>
        RunAsync("BEGIN; SELECT revision FROM config_revision FOR UPDATE", cancellationToken);

    public Task<object?> ReleaseAsync(CancellationToken cancellationToken) => RunAsync("ROLLBACK", cancellationToken);

    /// <summary>How many sessions of this database wait for a lock.</summary>
    public async Task<long> WaitingAsync(CancellationToken cancellationToken) => (long)(await RunAsync(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", cancellationToken))!;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
