using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Reads what the BACKEND history has of backends: their requests, and how they were at a revision.</summary>
internal static class SqliteHistory
{
    private const string Columns = "revision, name, username, created_at, description, tags, document";

    /// <summary>The requests that made the last changes of a backend, newest first.</summary>
    public static List<AppliedRequest> Requests(SqliteConnection connection, string backend) => SqliteBackendStore.Query(
        connection,
        """
        SELECT request_key, request_digest, revision FROM (
          SELECT request_key, request_digest, revision FROM config_history
          WHERE config_type = 'BACKEND' AND name = $1 ORDER BY revision DESC LIMIT $2)
        WHERE request_key IS NOT NULL ORDER BY revision DESC
        """,
        row => new AppliedRequest(new RequestId(row.GetString(0), row.GetInt64(1)), row.GetInt64(2)),
        backend,
        LoadedBackend.RequestsMax);

    /// <remarks>Hops from name to name in the index: the cost is that of the backends there are, not of the changes there were.</remarks>
    public static List<string> DocumentsAt(SqliteConnection connection, long revision) => SqliteBackendStore.Query(
        connection,
        """
        WITH RECURSIVE backend_name (name) AS (
          SELECT MIN(name) FROM config_history WHERE config_type = 'BACKEND'
          UNION ALL
          SELECT (SELECT MIN(name) FROM config_history WHERE config_type = 'BACKEND' AND name > backend_name.name)
          FROM backend_name WHERE backend_name.name IS NOT NULL)
        SELECT entry.document
        FROM backend_name JOIN config_history AS entry
          ON entry.config_type = 'BACKEND' AND entry.revision = (
            SELECT MAX(revision) FROM config_history
            WHERE config_type = 'BACKEND' AND name = backend_name.name AND revision <= $1)
        WHERE entry.document IS NOT NULL
        ORDER BY entry.name
        """,
        row => row.GetString(0),
        revision);

    public static HistoryEntry? BackendAt(SqliteConnection connection, string backend, long revision)
    {
        var entry = SqliteBackendStore.Query(
            connection,
            $"""
            SELECT {Columns} FROM config_history
            WHERE config_type = 'BACKEND' AND name = $1 AND revision <= $2
              AND EXISTS (SELECT 1 FROM config_history WHERE config_type = 'BACKEND' AND revision >= $2)
            ORDER BY revision DESC LIMIT 1
            """,
            ReadEntry,
            backend,
            revision).FirstOrDefault();
        return entry?.Change.DocumentJson is null ? null : entry;
    }

    private static HistoryEntry ReadEntry(SqliteDataReader row) => new(
        row.GetInt64(0),
        BackendName.TryParse(row.GetString(1), out var name) ? name : default,
        new HistoryDraft(
            row.GetString(2),
            StoredTime.FromMicroseconds(row.GetInt64(3)),
            row.GetString(4),
            new TextList(JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(5))),
            row.IsDBNull(6) ? null : row.GetString(6)));
}
