using Npgsql;
using Osmo.Domain.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Reads backends and their nodes.</summary>
internal static class PostgresRows
{
    private const string BackendColumns =
        "name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat, "
        + "agent_protocol";

    /// <summary>Adds the statements that read a backend.</summary>
    public static void AddLoad(NpgsqlBatch batch, BackendName backend)
    {
        var name = backend.Value;
        batch.Add($"SELECT {BackendColumns} FROM backend WHERE name = $1", new NpgsqlParameter { Value = name });
        batch.Add(
            PostgresHistory.RequestsOfBackend,
            new NpgsqlParameter { Value = name },
            new NpgsqlParameter { Value = LoadedBackend.RequestsMax });
        batch.Add(
            """
            SELECT node.name, uid, unschedulable, conditions, facts, version, available, available_since, agent_verdict, usage,
              verified_label
            FROM node JOIN node_facts ON node_facts.backend = node.backend AND node_facts.name = node.name
            WHERE node.backend = $1
            """,
            new NpgsqlParameter { Value = name });
        batch.Add("SELECT memory FROM message_memory WHERE backend = $1", new NpgsqlParameter { Value = name });
    }

    /// <summary>Reads their answers.</summary>
    public static async Task<LoadedBackend> ReadLoadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var records = await ReadAllAsync(reader, ReadBackend, cancellationToken).ConfigureAwait(false);
        var requests = await ReadAllAsync(reader, PostgresHistory.ReadRequest, cancellationToken).ConfigureAwait(false);
        var stored = new StoredNodeReader();
        var nodes = await ReadAllAsync(reader, row => ReadNode(row, stored), cancellationToken).ConfigureAwait(false);
        var memories = await ReadAllAsync(reader, row => row.GetFieldValue<byte[]>(0), cancellationToken).ConfigureAwait(false);
        var backend = records is [var record]
            ? new StoredBackend(record, nodes) { MessageMemory = memories is [var memory] ? memory : default }
            : null;
        return new LoadedBackend(backend, requests);
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

    private static StoredNode ReadNode(NpgsqlDataReader row, StoredNodeReader stored) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetBoolean(2),
        stored.Conditions(row.GetFieldValue<byte[]>(3)),
        stored.Facts(row.GetFieldValue<byte[]>(4)))
    {
        Version = row.GetInt64(5),
        Available = row.GetBoolean(6),
        AvailableSince = ReadTime(row, 7),
        AgentVerdict = row.IsDBNull(8) ? null : row.GetBoolean(8),
        Usage = row.IsDBNull(9) ? null : stored.Usage(row.GetFieldValue<byte[]>(9)),
        VerifiedLabel = ReadText(row, 10),
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
