using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Configurations in the database that the processes of a cluster share.</summary>
internal sealed class PostgresConfigStore(PostgresDatabase database) : IConfigStore
{
    public Task<long> ReadNewestNumberAsync(ConfigType type, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var command = Command(
                connection, "SELECT coalesce(max(revision), 0)::bigint FROM config_revision WHERE config_type = $1", type.Name());
            return (long)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        },
        cancellationToken);

    public Task<ConfigRevision?> ReadNewestAsync(ConfigType type, CancellationToken cancellationToken) => database.UseAsync(
        (connection, cancel) => PostgresConfigHistory.NewestAsync(connection, type, cancel), cancellationToken);

    public Task<ConfigRevision?> ReadRevisionAsync(ConfigType type, long revision, CancellationToken cancellationToken) =>
        database.UseAsync(
            (connection, cancel) => PostgresConfigHistory.RevisionAsync(connection, type, revision, cancel), cancellationToken);

    public Task<IReadOnlyList<ConfigRevision>> ReadHistoryAsync(ConfigHistoryQuery query, CancellationToken cancellationToken) =>
        database.UseAsync((connection, cancel) => PostgresConfigHistory.ReadAsync(connection, query, cancel), cancellationToken);

    /// <remarks>
    /// Whoever takes the number holds its row until the commit, so revisions are numbered in the order in which they are committed. It
    /// may be done twice, as a broken connection makes it: the second time finds the request.
    /// </remarks>
    public Task<long?> AppendAsync(ConfigDraft draft, long expected, CancellationToken cancellationToken) => database.UseAsync<long?>(
        async (connection, cancel) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await using var take = Command(
                connection,
                "UPDATE config_revision SET revision = revision + 1 WHERE config_type = $1 AND revision = $2",
                draft.Type.Name(),
                expected);
            if (await take.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 0)
            {
                // The request may have been the one that took it: either way another revision is the newest.
                return draft.Request is { } request
                    ? (await FindRequestAsync(connection, draft.Type, request.Key, cancel).ConfigureAwait(false))?.Revision
                    : null;
            }

            if (draft.Request is { } asked
                && await FindRequestAsync(connection, draft.Type, asked.Key, cancel).ConfigureAwait(false) is { } applied)
            {
                return applied.Revision;
            }

            await InsertAsync(connection, draft, expected + 1, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return expected + 1;
        },
        cancellationToken);

    public Task<AppliedRequest?> FindRequestAsync(ConfigType type, string requestKey, CancellationToken cancellationToken) =>
        database.UseAsync((connection, cancel) => FindRequestAsync(connection, type, requestKey, cancel), cancellationToken);

    public Task<bool> TagAsync(
        ConfigType type, long revision, ImmutableArray<string> add, ImmutableArray<string> remove, CancellationToken cancellationToken) =>
        database.UseAsync(
            async (connection, cancel) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                await using var read = Command(
                    connection,
                    "SELECT tags FROM config_history WHERE config_type = $1 AND revision = $2 AND deleted_at IS NULL FOR UPDATE",
                    type.Name(),
                    revision);
                if (await read.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not string json)
                {
                    return false;
                }

                var tags = JsonSerializer.Deserialize<string[]>(json)!.Union(add).Except(remove);
                await using var write = Command(
                    connection, "UPDATE config_history SET tags = $3 WHERE config_type = $1 AND revision = $2", type.Name(), revision);
                write.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(tags), NpgsqlDbType = NpgsqlDbType.Jsonb });
                await write.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                await transaction.CommitAsync(cancel).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public Task<RevisionDeletion> DeleteRevisionAsync(
        ConfigType type, long revision, string username, DateTimeOffset at, CancellationToken cancellationToken) => database.UseAsync(
            async (connection, cancel) =>
            {
                await using var delete = Command(
                    connection,
                    """
                    UPDATE config_history SET deleted_at = $3, deleted_by = $4
                    WHERE config_type = $1 AND revision = $2 AND deleted_at IS NULL
                      AND revision < (SELECT revision FROM config_revision WHERE config_type = $1)
                    """,
                    type.Name(),
                    revision,
                    StoredTime.ToUtc(at),
                    username);
                if (await delete.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 1)
                {
                    return RevisionDeletion.Deleted;
                }

                var entry = await PostgresConfigHistory.RevisionAsync(connection, type, revision, cancel).ConfigureAwait(false);
                return entry is { DeletedBy: null } ? RevisionDeletion.Newest : RevisionDeletion.NotFound;
            },
            cancellationToken);

    private static async Task InsertAsync(
        NpgsqlConnection connection, ConfigDraft draft, long revision, CancellationToken cancellationToken)
    {
        await using var insert = Command(
            connection,
            """
            INSERT INTO config_history (
              config_type, revision, name, username, created_at, description, document, tags, request_key, request_digest)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            draft.Type.Name(),
            revision,
            draft.Name,
            draft.Username,
            StoredTime.ToUtc(draft.CreatedAt),
            draft.Description,
            draft.DocumentJson);
        insert.Parameters.Add(
            new NpgsqlParameter { Value = JsonSerializer.Serialize(draft.Tags.Items), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(
            new NpgsqlParameter { Value = (object?)draft.Request?.Key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        insert.Parameters.Add(
            new NpgsqlParameter { Value = (object?)draft.Request?.Digest ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<AppliedRequest?> FindRequestAsync(
        NpgsqlConnection connection, ConfigType type, string key, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            "SELECT request_digest, revision FROM config_history WHERE config_type = $1 AND request_key = $2 AND config_type <> 'BACKEND'",
            type.Name(),
            key);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new AppliedRequest(new RequestId(key, reader.GetInt64(0)), reader.GetInt64(1))
            : null;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
