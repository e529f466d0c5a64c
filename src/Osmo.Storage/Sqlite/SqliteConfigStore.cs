using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Configurations in the SQLite file. Changes are few, so each has a connection and a transaction of its own.</summary>
internal sealed class SqliteConfigStore(SqliteDatabase database) : IConfigStore
{
    public Task<long> ReadNewestNumberAsync(ConfigType type, CancellationToken cancellationToken) => database.UseAsync(
        connection => SqliteBackendStore.Query(
            connection,
            "SELECT coalesce(max(revision), 0) FROM config_history WHERE config_type = $1",
            row => row.GetInt64(0),
            type.Name())[0],
        cancellationToken);

    public Task<ConfigRevision?> ReadNewestAsync(ConfigType type, CancellationToken cancellationToken) =>
        database.UseAsync(connection => SqliteConfigHistory.Newest(connection, type), cancellationToken);

    public Task<ConfigRevision?> ReadRevisionAsync(ConfigType type, long revision, CancellationToken cancellationToken) =>
        database.UseAsync(connection => SqliteConfigHistory.Revision(connection, type, revision), cancellationToken);

    public Task<IReadOnlyList<ConfigRevision>> ReadHistoryAsync(ConfigHistoryQuery query, CancellationToken cancellationToken) =>
        database.UseAsync<IReadOnlyList<ConfigRevision>>(connection => SqliteConfigHistory.Read(connection, query), cancellationToken);

    public Task<long?> AppendAsync(ConfigDraft draft, long expected, CancellationToken cancellationToken) => WriteAsync(
        (connection, transaction) =>
        {
            if (draft.Request is { } request && FindRequest(connection, draft.Type, request.Key) is { } applied)
            {
                return applied.Revision;
            }

            var rows = Execute(
                connection,
                transaction,
                """
                INSERT INTO config_history (
                  config_type, revision, name, username, created_at, description, tags, document, request_key, request_digest)
                SELECT $1, $2 + 1, $3, $4, $5, $6, $7, $8, $9, $10
                WHERE (SELECT COALESCE(MAX(revision), 0) FROM config_history WHERE config_type = $1) = $2
                """,
                draft.Type.Name(),
                expected,
                draft.Name,
                draft.Username,
                StoredTime.ToMicroseconds(draft.CreatedAt),
                draft.Description,
                JsonSerializer.Serialize(draft.Tags.Items),
                draft.DocumentJson,
                draft.Request?.Key,
                draft.Request?.Digest);
            return rows == 1 ? expected + 1 : (long?)null;
        },
        cancellationToken);

    public Task<AppliedRequest?> FindRequestAsync(ConfigType type, string requestKey, CancellationToken cancellationToken) =>
        database.UseAsync(connection => FindRequest(connection, type, requestKey), cancellationToken);

    public Task<bool> TagAsync(
        ConfigType type, long revision, ImmutableArray<string> add, ImmutableArray<string> remove, CancellationToken cancellationToken) =>
        WriteAsync(
            (connection, transaction) =>
            {
                if (SqliteConfigHistory.Revision(connection, type, revision) is not { DeletedBy: null } entry)
                {
                    return false;
                }

                var tags = entry.Tags.Items.Union(add).Except(remove).ToArray();
                const string Sql = "UPDATE config_history SET tags = $3 WHERE config_type = $1 AND revision = $2";
                return Execute(connection, transaction, Sql, type.Name(), revision, JsonSerializer.Serialize(tags)) == 1;
            },
            cancellationToken);

    public Task<RevisionDeletion> DeleteRevisionAsync(
        ConfigType type, long revision, string username, DateTimeOffset at, CancellationToken cancellationToken) => WriteAsync(
            (connection, transaction) =>
            {
                if (SqliteConfigHistory.Revision(connection, type, revision) is not { DeletedBy: null })
                {
                    return RevisionDeletion.NotFound;
                }

                var rows = Execute(
                    connection,
                    transaction,
                    """
                    UPDATE config_history SET deleted_at = $3, deleted_by = $4
                    WHERE config_type = $1 AND revision = $2
                      AND revision < (SELECT MAX(revision) FROM config_history WHERE config_type = $1)
                    """,
                    type.Name(),
                    revision,
                    StoredTime.ToMicroseconds(at),
                    username);
                return rows == 1 ? RevisionDeletion.Deleted : RevisionDeletion.Newest;
            },
            cancellationToken);

    private static AppliedRequest? FindRequest(SqliteConnection connection, ConfigType type, string key) => SqliteBackendStore.Query(
        connection,
        "SELECT request_digest, revision FROM config_history WHERE config_type = $1 AND request_key = $2 AND config_type <> 'BACKEND'",
        row => new AppliedRequest(new RequestId(key, row.GetInt64(0)), row.GetInt64(1)),
        type.Name(),
        key) is [var applied] ? applied : null;

    private static int Execute(
        SqliteConnection connection, SqliteTransaction transaction, string sql, params ReadOnlySpan<object?> values)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        }

        return command.ExecuteNonQuery();
    }

    /// <summary>The transaction takes the right to write at its beginning: what it reads cannot change before it writes.</summary>
    private Task<T> WriteAsync<T>(Func<SqliteConnection, SqliteTransaction, T> write, CancellationToken cancellationToken) =>
        database.UseAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = write(connection, transaction);
            transaction.Commit();
            return result;
        },
        cancellationToken);
}
