using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Backends in a SQLite file: the store of an embedded Osmo, for one process.</summary>
internal sealed class SqliteBackendStore : IBackendStore, IAsyncDisposable
{
    private const string BackendColumns =
        "name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat, "
        + "agent_protocol";

    private readonly SqliteDatabase _database;
    private readonly SqliteActivations _activations = new();
    private readonly SqliteWriter _writer;

    public SqliteBackendStore(SqliteDatabase database)
    {
        _database = database;
        _writer = new SqliteWriter(database, _activations);
    }

    public Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken) =>
        _writer.CommitAsync(commit, cancellationToken);

    public Task WriteNodeAsync(NodeWrite write, CancellationToken cancellationToken) => _writer.WriteNodeAsync(write, cancellationToken);

    public async Task<LoadedBackend> LoadAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        await _writer.TakeOverAsync(backend, activation, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(connection => Read(connection, backend), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask ConfirmAsync(BackendName backend, long activation, CancellationToken cancellationToken) =>
        _activations.IsHeld(backend.Value, activation)
            ? ValueTask.CompletedTask
            : ValueTask.FromException(Refusal.Of(backend));

    public Task CheckAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            connection => Query(connection, "SELECT COUNT(*) FROM config_history WHERE revision = 1", row => row.GetInt64(0)),
            cancellationToken);

    public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<BackendRecord>>(
        connection => Query(connection, $"SELECT {BackendColumns} FROM backend ORDER BY name", ReadBackend),
        cancellationToken);

    public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<string>>(connection => SqliteHistory.DocumentsAt(connection, revision), cancellationToken);

    public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken) =>
        ReadAsync(connection => SqliteHistory.BackendAt(connection, backend.Value, revision), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        _database.Dispose();
    }

    internal static List<T> Query<T>(
        SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>SQLite has no asynchronous reads: a large one must not hold a thread that serves requests.</summary>
    private Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                using var connection = _database.Connect();
                return read(connection);
            }
            catch (SqliteException failure)
            {
                throw _database.Explain(failure);
            }
            catch (Exception failure) when (failure is InvalidDataException or JsonException or OsmoException { Code: ErrorCode.Invalid })
            {
                throw _database.Damaged(failure);
            }
        },
        cancellationToken);

    private static LoadedBackend Read(SqliteConnection connection, BackendName backend)
    {
        // One snapshot for all tables, or a commit in between would show nodes without their backend.
        using var transaction = connection.BeginTransaction(deferred: true);
        var record = Query(connection, $"SELECT {BackendColumns} FROM backend WHERE name = $1", ReadBackend, backend.Value)
            .FirstOrDefault();
        return new LoadedBackend(
            record is null ? null : new StoredBackend(record, ReadNodes(connection, backend.Value))
            {
                MessageMemory = ReadMessageMemory(connection, backend.Value),
            },
            SqliteHistory.Requests(connection, backend.Value));
    }

    private static List<StoredNode> ReadNodes(SqliteConnection connection, string backend)
    {
        var nodes = new StoredNodeReader();
        return Query(
            connection,
            """
            SELECT node.name, uid, unschedulable, conditions, facts, version, available, available_since, agent_verdict, usage,
              verified_label
            FROM node JOIN node_facts USING (backend, name) WHERE node.backend = $1
            """,
            row => new StoredNode(
                row.GetString(0),
                row.GetString(1),
                row.GetBoolean(2),
                nodes.Conditions(row.GetFieldValue<byte[]>(3)),
                nodes.Facts(row.GetFieldValue<byte[]>(4)))
            {
                Version = row.GetInt64(5),
                Available = row.GetBoolean(6),
                AvailableSince = StoredTime.FromMicroseconds(row.GetInt64(7)),
                AgentVerdict = row.IsDBNull(8) ? null : row.GetBoolean(8),
                Usage = row.IsDBNull(9) ? null : nodes.Usage(row.GetFieldValue<byte[]>(9)),
                VerifiedLabel = row.IsDBNull(10) ? null : row.GetString(10),
            },
            backend);
    }

    private static byte[] ReadMessageMemory(SqliteConnection connection, string backend) =>
        Query(connection, "SELECT memory FROM message_memory WHERE backend = $1", row => row.GetFieldValue<byte[]>(0), backend)
            .FirstOrDefault() ?? [];

    private static BackendRecord ReadBackend(SqliteDataReader row) => new StoredRecord(
        row.GetString(0),
        row.GetString(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.GetString(4),
        row.GetString(5),
        row.GetString(6),
        row.GetBoolean(7),
        row.GetString(10)).Restore(
            row.GetInt64(1),
            StoredTime.FromMicroseconds(row.GetInt64(8)),
            row.IsDBNull(9) ? null : StoredTime.FromMicroseconds(row.GetInt64(9)));
}
