using Npgsql;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Reads backends and their nodes.</summary>
internal static class PostgresRows
{
    private const string BackendColumns =
        "name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat, "
        + "agent_protocol";

    /// <summary>A backend as it was at one moment, in one round trip.</summary>
    /// <exception cref="OsmoException">The right to run it is lost (<see cref="ErrorCode.Moved"/>).</exception>
    /// <remarks>
    /// It is enough to read the epoch and not to lock it: a commit under an older epoch had ended before the epoch was changed, and so
    /// the moment that shows this epoch shows all of them.
    /// </remarks>
    public static async Task<LoadedBackend> LoadAsync(
        NpgsqlConnection connection, BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        var name = backend.Value;
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        batch.BatchCommands.Add(Command("SELECT epoch FROM shard WHERE number = $1 AND owner IS NOT NULL", owner?.Shard ?? 0));
        batch.BatchCommands.Add(Command($"SELECT {BackendColumns} FROM backend WHERE name = $1", name));
        batch.BatchCommands.Add(Command(PostgresHistory.RequestsOfBackend, name, RequestLog.RequestsMax));
        batch.BatchCommands.Add(Command(
            """
            SELECT node.name, uid, unschedulable, conditions, facts, agent_verdict, usage, verified_label
            FROM node JOIN node_facts ON node_facts.backend = node.backend AND node_facts.name = node.name
            WHERE node.backend = $1
            """,
            name));
        batch.BatchCommands.Add(Command("SELECT memory FROM message_memory WHERE backend = $1", name));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var epoch = (await ReadAllAsync(reader, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false)) is [var found]
            ? found
            : (long?)null;
        var records = await ReadAllAsync(reader, ReadBackend, cancellationToken).ConfigureAwait(false);
        var requests = await ReadAllAsync(reader, PostgresHistory.ReadRequest, cancellationToken).ConfigureAwait(false);
        var stored = new StoredNodeReader();
        var nodes = await ReadAllAsync(reader, row => ReadNode(row, stored), cancellationToken).ConfigureAwait(false);
        var memories = await ReadAllAsync(reader, row => row.GetFieldValue<byte[]>(0), cancellationToken).ConfigureAwait(false);
        var backendFound = records is [var record]
            ? new StoredBackend(record, nodes) { MessageMemory = memories is [var memory] ? memory : default }
            : null;
        return owner is null || owner.Value.Epoch == epoch
            ? new LoadedBackend(backendFound, requests)
            : throw new OsmoException(ErrorCode.Moved, $"Another silo owns backend {backend} by now. Ask the owner.");
    }

    public static async Task<IReadOnlyList<BackendRecord>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {BackendColumns} FROM backend ORDER BY name", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAllAsync(reader, ReadBackend, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The rows of a result; the reader goes on to the next one.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return rows;
    }

    public static DateTimeOffset ReadTime(NpgsqlDataReader row, int column) => new(row.GetDateTime(column), TimeSpan.Zero);

    public static string? ReadText(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static StoredNode ReadNode(NpgsqlDataReader row, StoredNodeReader stored) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetBoolean(2),
        stored.Conditions(row.GetFieldValue<byte[]>(3)),
        stored.Facts(row.GetFieldValue<byte[]>(4)))
    {
        AgentVerdict = row.IsDBNull(5) ? null : row.GetBoolean(5),
        Usage = row.IsDBNull(6) ? null : stored.Usage(row.GetFieldValue<byte[]>(6)),
        VerifiedLabel = ReadText(row, 7),
    };

    private static BackendRecord ReadBackend(NpgsqlDataReader row) => new StoredRecord(
        row.GetString(0),
        row.GetString(2),
        ReadText(row, 3),
        row.GetString(4),
        row.GetString(5),
        row.GetString(6),
        row.GetBoolean(7),
        row.GetString(10)).Restore(row.GetInt64(1), ReadTime(row, 8), row.IsDBNull(9) ? null : ReadTime(row, 9));
}
