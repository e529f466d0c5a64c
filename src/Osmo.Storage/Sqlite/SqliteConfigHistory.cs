using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;

namespace Osmo.Storage.Sqlite;

/// <summary>Reads revisions of configurations.</summary>
internal static class SqliteConfigHistory
{
    private const string Head = "config_type, revision, name, username, created_at, description, tags, deleted_by";
    private const string Columns = $"{Head}, document";

    public static ConfigRevision? Newest(SqliteConnection connection, ConfigType type) => SqliteBackendStore.Query(
        connection,
        $"SELECT {Columns} FROM config_history WHERE config_type = $1 ORDER BY revision DESC LIMIT 1",
        Read,
        type.Name()).FirstOrDefault();

    public static ConfigRevision? Revision(SqliteConnection connection, ConfigType type, long revision) => SqliteBackendStore.Query(
        connection,
        $"SELECT {Columns} FROM config_history WHERE config_type = $1 AND revision = $2",
        Read,
        type.Name(),
        revision).FirstOrDefault();

    public static List<ConfigRevision> Read(SqliteConnection connection, ConfigHistoryQuery query)
    {
        var columns = $"{Head}, {(query.OmitDocuments ? "NULL" : "document")} AS document";
        if (query.AtTimestamp is { } at)
        {
            return [.. query.Types.Order().SelectMany(type => At(connection, columns, type, at))];
        }

        var ofTypes = query.Types.Select(type => $"""
            SELECT * FROM (
              SELECT config_type, revision, created_at FROM config_history AS entry
              WHERE config_type = '{type.Name()}'
                AND deleted_at IS NULL
                AND ($1 IS NULL OR name = $1)
                AND ($2 IS NULL OR revision = $2)
                AND ($3 IS NULL OR created_at < $3)
                AND ($4 IS NULL OR created_at > $4)
                AND NOT EXISTS (
                  SELECT 1 FROM json_each($5) AS wanted
                  WHERE wanted.value NOT IN (SELECT value FROM json_each(entry.tags)))
              ORDER BY revision DESC LIMIT $6 + $7)
            """);
        return SqliteBackendStore.Query(
            connection,
            $"""
            WITH candidate AS ({string.Join("\nUNION ALL\n", ofTypes)}), page AS (
              SELECT config_type, revision, MIN(created_at) OVER (PARTITION BY config_type ORDER BY revision DESC) AS place
              FROM candidate ORDER BY {ConfigHistoryOrder.Newest} LIMIT $6 OFFSET $7)
            SELECT {columns} FROM page JOIN config_history USING (config_type, revision)
            ORDER BY {(query.Ascending ? ConfigHistoryOrder.Oldest : ConfigHistoryOrder.Newest)}
            """,
            Read,
            query.Name,
            query.Revision,
            query.CreatedBefore is { } before ? StoredTime.ToMicroseconds(before) : null,
            query.CreatedAfter is { } after ? StoredTime.ToMicroseconds(after) : null,
            JsonSerializer.Serialize(query.Tags),
            query.Limit,
            query.Offset);
    }

    private static List<ConfigRevision> At(SqliteConnection connection, string columns, ConfigType type, DateTimeOffset at) =>
        SqliteBackendStore.Query(
            connection,
            $"""
            SELECT {columns} FROM config_history
            WHERE config_type = $1 AND created_at <= $2 AND deleted_at IS NULL ORDER BY revision DESC LIMIT 1
            """,
            Read,
            type.Name(),
            StoredTime.ToMicroseconds(at));

    private static ConfigRevision Read(SqliteDataReader row) => new(
        ConfigTypes.TryParse(row.GetString(0), out var type) ? type : throw new InvalidDataException($"\"{row.GetString(0)}\" is no type."),
        row.GetInt64(1),
        row.GetString(2),
        row.GetString(3),
        StoredTime.FromMicroseconds(row.GetInt64(4)),
        row.GetString(5),
        new TextList(JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(6))),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(7) ? null : row.GetString(7));
}
