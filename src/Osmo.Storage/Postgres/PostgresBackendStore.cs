using Npgsql;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Backends in a PostgreSQL database: the store that the processes of a cluster share.</summary>
internal sealed class PostgresBackendStore : IBackendStore, IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresWriter[] _writers;

    public PostgresBackendStore(PostgresDatabase database)
    {
        _database = database;
        _writers = [.. Enumerable.Range(0, database.Options.Writers).Select(_ => new PostgresWriter(database))];
    }

    public Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken) =>
        WriterOf(commit.Backend).CommitAsync(commit, cancellationToken);

    public async Task<LoadedBackend> LoadAsync(BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken)
    {
        await WriterOf(backend).SettleAsync(cancellationToken).ConfigureAwait(false);
        return await _database.UseAsync(
            (connection, cancel) => PostgresRows.LoadAsync(connection, backend, owner, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var canWrite = await _database.UseAsync(
            async (connection, cancel) =>
            {
                await using var command = new NpgsqlCommand("SELECT NOT pg_is_in_recovery()", connection);
                return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
            },
            cancellationToken).ConfigureAwait(false);
        if (!canWrite)
        {
            throw _database.Explain(new PostgresException("", "ERROR", "ERROR", PostgresErrorCodes.ReadOnlySqlTransaction));
        }
    }

    public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken) =>
        _database.UseAsync(PostgresRows.ListAsync, cancellationToken);

    public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
        _database.UseAsync((connection, cancel) => PostgresHistory.DocumentsAtAsync(connection, revision, cancel), cancellationToken);

    public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken) =>
        _database.UseAsync(
            (connection, cancel) => PostgresHistory.BackendAtAsync(connection, backend, revision, cancel), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in _writers)
        {
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        await _database.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One for all backends of a shard, so that commits of this process never wait for each other at a shard's row.</summary>
    private PostgresWriter WriterOf(BackendName backend) => _writers[BackendShard.Of(backend) % _writers.Length];
}
