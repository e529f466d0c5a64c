using Npgsql;
using NpgsqlTypes;
using Osmo.Access.Auditing;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;

namespace Osmo.Storage.Postgres;

/// <summary>Access tokens and signing keys in a PostgreSQL database.</summary>
internal sealed class PostgresAccessStore(PostgresDatabase database) : IAccessStore
{
    private const string TokenColumns =
        "id, kind, username, name, key_id, hash, description, roles, expires_on, created_at, last_used_at";

    /// <summary>
    /// Changes wait for each other here, also for what they compare with; the row is taken before anything is looked at, for the
    /// statement behind it to see what the one before has done.
    /// </summary>
    private const string TakeTurn = "SELECT version FROM access_version FOR UPDATE";

    public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var command = new NpgsqlCommand("SELECT version FROM access_version", connection);
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is long version
                ? version
                : throw new InvalidDataException("The access tokens have no version.");
        },
        cancellationToken);

    public Task<AccessRecords> ReadAsync(CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                    new NpgsqlBatchCommand("SELECT version FROM access_version"),
                    new NpgsqlBatchCommand(
                        $"SELECT {TokenColumns} FROM access_token ORDER BY kind, username COLLATE \"C\", name COLLATE \"C\""),
                    new NpgsqlBatchCommand("SELECT id, public_key, private_key, created_at FROM signing_key ORDER BY number DESC"),
                    new NpgsqlBatchCommand(PostgresUserStore.ReadRoles),
                    new NpgsqlBatchCommand(PostgresUserStore.ReadUsers),
                    new NpgsqlBatchCommand("COMMIT"),
                },
            };
            await using var reader = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var versions = await PostgresRows.ReadAllAsync(reader, row => row.GetInt64(0), cancel).ConfigureAwait(false);
            var tokens = await PostgresRows.ReadAllAsync(reader, ReadToken, cancel).ConfigureAwait(false);
            var keys = await PostgresRows.ReadAllAsync(reader, ReadKey, cancel).ConfigureAwait(false);
            var users = await PostgresUserStore.ReadAsync(reader, cancel).ConfigureAwait(false);
            return versions is [var version]
                ? new AccessRecords(version, tokens, keys, users)
                : throw new InvalidDataException("The access tokens have no version.");
        },
        cancellationToken);

    public Task<bool> AddTokenAsync(AccessToken token, AuditEvent audit, CancellationToken cancellationToken)
    {
        // A repetition after a lost answer finds its own token, which is as good as having made it.
        var command = Command(
            $"""
            INSERT INTO access_token ({TokenColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (kind, username, name) DO UPDATE SET name = excluded.name WHERE access_token.id = excluded.id
            """,
            token.Id,
            token.Kind.ToString(),
            token.User,
            token.Name,
            token.Hash.KeyId,
            token.Hash.Hex,
            token.Description,
            token.Roles.Items.ToArray(),
            token.ExpiresOn,
            StoredTime.ToUtc(token.CreatedAt));
        command.Parameters.Add(new NpgsqlParameter
        {
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
            Value = token.LastUsedAt is { } used ? StoredTime.ToUtc(used) : DBNull.Value,
        });
        return ChangeAsync(command, audit, cancellationToken);
    }

    public Task<bool> RemoveTokenAsync(
        AccessTokenKind kind, string user, string name, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        Command("DELETE FROM access_token WHERE kind = $1 AND username = $2 AND name = $3", kind.ToString(), user, name),
        audit,
        cancellationToken);

    public Task<bool> AddSigningKeyAsync(
        StoredSigningKey key, string? newest, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        Command(
            """
            INSERT INTO signing_key (id, public_key, private_key, created_at)
            SELECT $1, $2, $3, $4
            WHERE coalesce((SELECT id FROM signing_key ORDER BY number DESC LIMIT 1), '') = $5
            """,
            key.Id,
            key.PublicKey,
            key.SealedPrivateKey,
            StoredTime.ToUtc(key.CreatedAt),
            newest ?? ""),
        audit,
        cancellationToken);

    public Task<bool> RemoveSigningKeyAsync(string id, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(Command("DELETE FROM signing_key WHERE id = $1", id), audit, cancellationToken);

    public Task SetLastUseAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUseById, CancellationToken cancellationToken) =>
        database.UseAsync(
            async (connection, cancel) =>
            {
                // In one order, so that two gateways never wait for each other's rows.
                var items = lastUseById.OrderBy(item => item.Key, StringComparer.Ordinal).ToArray();
                await using var command = new NpgsqlCommand(
                    """
                    UPDATE access_token SET last_used_at = greatest(last_used_at, used.at)
                    FROM unnest($1::text[], $2::timestamptz[]) AS used (id, at) WHERE access_token.id = used.id
                    """,
                    connection);
                command.Parameters.Add(new NpgsqlParameter { Value = items.Select(item => item.Key).ToArray() });
                command.Parameters.Add(new NpgsqlParameter { Value = items.Select(item => StoredTime.ToUtc(item.Value)).ToArray() });
                return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            },
            cancellationToken);

    internal static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static AccessToken ReadToken(NpgsqlDataReader row) => new(
        row.GetString(0),
        Enum.Parse<AccessTokenKind>(row.GetString(1)),
        row.GetString(2),
        row.GetString(3),
        new TokenHash(row.GetString(4), row.GetString(5)))
    {
        Description = row.GetString(6),
        Roles = new TextList([.. row.GetFieldValue<string[]>(7)]),
        ExpiresOn = row.GetFieldValue<DateOnly>(8),
        CreatedAt = PostgresRows.ReadTime(row, 9),
        LastUsedAt = row.IsDBNull(10) ? null : PostgresRows.ReadTime(row, 10),
    };

    private static StoredSigningKey ReadKey(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), PostgresRows.ReadTime(row, 3));

    /// <summary>A change that touches one row or none; where it does, with the new version and its line in the trail.</summary>
    private Task<bool> ChangeAsync(NpgsqlBatchCommand change, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(database, [change], audit, cancellationToken);

    /// <summary>The same, for whatever else callers are recognized by; the first statement says whether anything is changed.</summary>
    internal static Task<bool> ChangeAsync(
        PostgresDatabase database, NpgsqlBatchCommand[] changes, AuditEvent audit, CancellationToken cancellationToken) =>
        database.UseAsync(
        async (connection, cancel) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await using (var turn = new NpgsqlCommand(TakeTurn, connection))
            {
                await turn.ExecuteScalarAsync(cancel).ConfigureAwait(false);
            }

            if (await ExecuteAsync(connection, changes[0], cancel).ConfigureAwait(false) == 0)
            {
                return false;
            }

            NpgsqlBatchCommand[] rest =
            [
                .. changes[1..], new("UPDATE access_version SET version = version + 1"), PostgresAuditTrail.Append([audit]),
            ];
            foreach (var statement in rest)
            {
                await ExecuteAsync(connection, statement, cancel).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlBatchCommand statement, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statement.CommandText, connection);
        foreach (NpgsqlParameter parameter in statement.Parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }

        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
