using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Reads what the BACKEND history has of backends: their requests, and how they were at a revision.</summary>
internal static class PostgresHistory
{
    /// <summary>The requests that made the last $2 changes of backend $1, newest first.</summary>
    public const string RequestsOfBackend =
        """
        SELECT request_key, request_digest, revision FROM (
          SELECT request_key, request_digest, revision FROM config_history
          WHERE config_type = 'BACKEND' AND name = $1 ORDER BY revision DESC LIMIT $2) AS entry
        WHERE request_key IS NOT NULL ORDER BY revision DESC
        """;

    private const string Columns = "revision, name, username, created_at, description, tags, document";

    public static AppliedRequest ReadRequest(NpgsqlDataReader row) =>
        new(new RequestId(row.GetString(0), row.GetInt64(1)), row.GetInt64(2));

    /// <remarks>Hops from name to name in the index: the cost is that of the backends there are, not of the changes there were.</remarks>
    public static async Task<IReadOnlyList<string>> DocumentsAtAsync(
        NpgsqlConnection connection, long revision, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH RECURSIVE backend_name (name) AS (
              (SELECT name FROM config_history WHERE config_type = 'BACKEND' ORDER BY name LIMIT 1)
              UNION ALL
              SELECT (
                SELECT entry.name FROM config_history AS entry
                WHERE config_type = 'BACKEND' AND entry.name > backend_name.name ORDER BY entry.name LIMIT 1)
              FROM backend_name WHERE backend_name.name IS NOT NULL)
            SELECT entry.document
            FROM backend_name CROSS JOIN LATERAL (
              SELECT document FROM config_history
              WHERE config_type = 'BACKEND' AND name = backend_name.name AND revision <= $1 ORDER BY revision DESC LIMIT 1) AS entry
            WHERE entry.document IS NOT NULL
            ORDER BY backend_name.name
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = revision });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await PostgresRows.ReadAllAsync(reader, row => row.GetString(0), cancellationToken).ConfigureAwait(false);
    }

    public static async Task<HistoryEntry?> BackendAtAsync(
        NpgsqlConnection connection, BackendName backend, long revision, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT {Columns} FROM config_history
            WHERE config_type = 'BACKEND' AND name = $1 AND revision <= $2
              AND EXISTS (SELECT 1 FROM config_revision WHERE config_type = 'BACKEND' AND revision >= $2)
            ORDER BY revision DESC LIMIT 1
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = backend.Value });
        command.Parameters.Add(new NpgsqlParameter { Value = revision });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var entries = await PostgresRows.ReadAllAsync(reader, ReadEntry, cancellationToken).ConfigureAwait(false);
        return entries is [{ Change.DocumentJson: not null } entry] ? entry : null;
    }

    private static HistoryEntry ReadEntry(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        BackendName.TryParse(row.GetString(1), out var name) ? name : default,
        new HistoryDraft(
            row.GetString(2),
            PostgresRows.ReadTime(row, 3),
            row.GetString(4),
            new TextList(JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(5))),
            PostgresRows.ReadText(row, 6)));
}
