using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;

namespace Osmo.Storage.Postgres;

/// <summary>Reads revisions of configurations.</summary>
internal static class PostgresConfigHistory
{
    private const string Head = "config_type, revision, name, username, created_at, description, tags, deleted_by";
    private const string Columns = $"{Head}, document";

    public static Task<ConfigRevision?> NewestAsync(
        NpgsqlConnection connection, ConfigType type, CancellationToken cancellationToken) => OneAsync(
            connection,
            $"SELECT {Columns} FROM config_history WHERE config_type = $1 ORDER BY revision DESC LIMIT 1",
            cancellationToken,
            type.Name());

    public static Task<ConfigRevision?> RevisionAsync(
        NpgsqlConnection connection, ConfigType type, long revision, CancellationToken cancellationToken) => OneAsync(
            connection,
            $"SELECT {Columns} FROM config_history WHERE config_type = $1 AND revision = $2",
            cancellationToken,
            type.Name(),
            revision);

    public static async Task<IReadOnlyList<ConfigRevision>> ReadAsync(
        NpgsqlConnection connection, ConfigHistoryQuery query, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        string Parameter(object value, NpgsqlDbType type)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
            return $"${command.Parameters.Count}";
        }

        var types = Parameter(query.Types.Select(type => type.Name()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        var columns = $"{Head}, {(query.OmitDocuments ? "NULL::text" : "document")} AS document";
        command.CommandText = query.AtTimestamp is { } at
            ? $"""
               SELECT entry.* FROM unnest({types}) AS wanted (name) CROSS JOIN LATERAL (
                 SELECT {columns} FROM config_history
                 WHERE config_type = wanted.name AND deleted_at IS NULL
                   AND created_at <= {Parameter(StoredTime.ToUtc(at), NpgsqlDbType.TimestampTz)}
                 ORDER BY revision DESC LIMIT 1) AS entry
               ORDER BY config_type
               """
            : PageText(query, columns, types, Parameter);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await PostgresRows.ReadAllAsync(reader, Read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Only the filters that are asked for: each combination gets the plan that suits it.</summary>
    private static string PageText(
        ConfigHistoryQuery query, string columns, string types, Func<object, NpgsqlDbType, string> parameter)
    {
        var filters = new List<string> { "config_type = wanted.type", "deleted_at IS NULL" };
        void Filter(string condition, object? value, NpgsqlDbType type)
        {
            if (value is not null)
            {
                filters.Add($"{condition} {parameter(value, type)}");
            }
        }

        Filter("name =", query.Name, NpgsqlDbType.Text);
        Filter("revision =", query.Revision, NpgsqlDbType.Bigint);
        Filter("created_at <", query.CreatedBefore is { } before ? StoredTime.ToUtc(before) : null, NpgsqlDbType.TimestampTz);
        Filter("created_at >", query.CreatedAfter is { } after ? StoredTime.ToUtc(after) : null, NpgsqlDbType.TimestampTz);
        Filter("tags @>", query.Tags.IsEmpty ? null : JsonSerializer.Serialize(query.Tags), NpgsqlDbType.Jsonb);
        var (limit, offset) = (parameter(query.Limit, NpgsqlDbType.Integer), parameter(query.Offset, NpgsqlDbType.Integer));
        return $"""
            WITH candidate AS (
              SELECT entry.* FROM unnest({types}) AS wanted (type) CROSS JOIN LATERAL (
                SELECT config_type, revision, created_at FROM config_history WHERE {string.Join(" AND ", filters)}
                ORDER BY revision DESC LIMIT {limit}::bigint + {offset}) AS entry
            ), page AS (
              SELECT config_type, revision, min(created_at) OVER (PARTITION BY config_type ORDER BY revision DESC) AS place
              FROM candidate ORDER BY {ConfigHistoryOrder.Newest} LIMIT {limit} OFFSET {offset})
            SELECT {columns} FROM page JOIN config_history USING (config_type, revision)
            ORDER BY {(query.Ascending ? ConfigHistoryOrder.Oldest : ConfigHistoryOrder.Newest)}
            """;
    }

    private static async Task<ConfigRevision?> OneAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return (await PostgresRows.ReadAllAsync(reader, Read, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
    }

    private static ConfigRevision Read(NpgsqlDataReader row) => new(
        ConfigTypes.TryParse(row.GetString(0), out var type) ? type : throw new InvalidDataException($"\"{row.GetString(0)}\" is no type."),
        row.GetInt64(1),
        row.GetString(2),
        row.GetString(3),
        PostgresRows.ReadTime(row, 4),
        row.GetString(5),
        new TextList(JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(6))),
        PostgresRows.ReadText(row, 8),
        PostgresRows.ReadText(row, 7));
}
