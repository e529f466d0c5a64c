using Npgsql;
using Osmo.Domain.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Backends in a PostgreSQL database: the store that the processes of a cluster share.</summary>
internal sealed class PostgresBackendStore : IBackendStore, IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresWriter[] _writers;
    private readonly PostgresLoader _loader;
    private readonly PostgresConfirmations _confirmations;

    public PostgresBackendStore(PostgresDatabase database)
    {
        _database = database;
        _writers = [.. Enumerable.Range(0, database.Options.Writers).Select(_ => new PostgresWriter(database))];
        _loader = new PostgresLoader(database);
        _confirmations = new PostgresConfirmations(database);
    }

    public Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken) =>
        WriterOf(commit.Backend).CommitAsync(commit, cancellationToken);

    public Task WriteNodeAsync(NodeWrite write, CancellationToken cancellationToken) =>
        WriterOf(write.Backend).WriteNodeAsync(write, cancellationToken);

    public async Task<LoadedBackend> LoadAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        await WriterOf(backend).SettleAsync(cancellationToken).ConfigureAwait(false);
        return await _loader.LoadAsync(backend, activation, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask ConfirmAsync(BackendName backend, long activation, CancellationToken cancellationToken) =>
        _confirmations.ConfirmAsync(backend, activation, cancellationToken);

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

        _loader.Dispose();
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Always the same one for a backend, so that writes of this process never wait for each other at its row.</summary>
    private PostgresWriter WriterOf(BackendName backend) =>
        _writers[(uint)backend.Value.GetHashCode(StringComparison.Ordinal) % (uint)_writers.Length];
}
