using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Access.Auditing;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;

namespace Osmo.Storage.Sqlite;

/// <summary>Access tokens, signing keys and the audit trail in a SQLite file.</summary>
internal sealed class SqliteAccessStore(SqliteDatabase database) : IAccessStore, IAuditTrail
{
    private const string TokenColumns =
        "id, kind, username, name, key_id, hash, description, roles, expires_on, created_at, last_used_at";

    public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => database.UseAsync(ReadVersion, cancellationToken);

    public Task<AccessRecords> ReadAsync(CancellationToken cancellationToken) => database.UseAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: true);
            return new AccessRecords(
                ReadVersion(connection),
                SqliteBackendStore.Query(
                    connection, $"SELECT {TokenColumns} FROM access_token ORDER BY kind, username, name", ReadToken),
                SqliteBackendStore.Query(
                    connection,
                    "SELECT id, public_key, private_key, created_at FROM signing_key ORDER BY number DESC",
                    row => new StoredSigningKey(
                        row.GetString(0), row.GetString(1), row.GetString(2), StoredTime.FromMicroseconds(row.GetInt64(3)))),
                SqliteUserStore.Read(connection));
        },
        cancellationToken);

    public Task<bool> AddTokenAsync(AccessToken token, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection => Run(
            connection,
            $"INSERT INTO access_token ({TokenColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
            token.Id,
            token.Kind.ToString(),
            token.User,
            token.Name,
            token.Hash.KeyId,
            token.Hash.Hex,
            token.Description,
            JsonSerializer.Serialize(token.Roles.Items),
            token.ExpiresOn.DayNumber - StoredTime.EpochDay,
            StoredTime.ToMicroseconds(token.CreatedAt),
            token.LastUsedAt is { } used ? StoredTime.ToMicroseconds(used) : null),
        audit,
        cancellationToken);

    public Task<bool> RemoveTokenAsync(
        AccessTokenKind kind, string user, string name, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection => Run(
            connection, "DELETE FROM access_token WHERE kind = $1 AND username = $2 AND name = $3", kind.ToString(), user, name),
        audit,
        cancellationToken);

    public Task<bool> AddSigningKeyAsync(
        StoredSigningKey key, string? newest, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection => Run(
            connection,
            """
            INSERT INTO signing_key (id, public_key, private_key, created_at)
            SELECT $1, $2, $3, $4 WHERE (SELECT id FROM signing_key ORDER BY number DESC LIMIT 1) IS $5
            """,
            key.Id,
            key.PublicKey,
            key.SealedPrivateKey,
            StoredTime.ToMicroseconds(key.CreatedAt),
            newest),
        audit,
        cancellationToken);

    public Task<bool> RemoveSigningKeyAsync(string id, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(connection => Run(connection, "DELETE FROM signing_key WHERE id = $1", id), audit, cancellationToken);

    public Task SetLastUseAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUseById, CancellationToken cancellationToken) =>
        database.UseAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            foreach (var (id, at) in lastUseById)
            {
                Run(
                    connection,
                    "UPDATE access_token SET last_used_at = max(coalesce(last_used_at, $2), $2) WHERE id = $1",
                    id,
                    StoredTime.ToMicroseconds(at));
            }

            transaction.Commit();
            return true;
        },
        cancellationToken);

    public Task AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellationToken) => database.UseAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            foreach (var item in events)
            {
                Append(connection, item);
            }

            transaction.Commit();
            return true;
        },
        cancellationToken);

    public Task<int> DeleteAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken) => database.UseAsync(
        connection => Run(
            connection,
            "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < $1 ORDER BY at LIMIT $2)",
            StoredTime.ToMicroseconds(before),
            countMax),
        cancellationToken);

    public Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, CancellationToken cancellationToken) =>
        database.UseAsync<IReadOnlyList<AuditRecord>>(
            connection => SqliteBackendStore.Query(
                connection,
                """
                SELECT number, at, username, action, target, address, request_id FROM audit
                WHERE ($1 IS NULL OR number < $1) AND ($2 IS NULL OR username = $2) ORDER BY number DESC LIMIT $3
                """,
                row => new AuditRecord(
                    row.GetInt64(0),
                    new AuditEvent(
                        StoredTime.FromMicroseconds(row.GetInt64(1)),
                        row.GetString(2),
                        row.GetString(3),
                        row.GetString(4),
                        row.GetString(5),
                        row.GetString(6))),
                query.Before,
                query.Username,
                query.Limit),
            cancellationToken);

    private static long ReadVersion(SqliteConnection connection) =>
        SqliteBackendStore.Query(connection, "SELECT version FROM access_version", row => row.GetInt64(0)) is [var version]
            ? version
            : throw new InvalidDataException("The access tokens have no version.");

    private static AccessToken ReadToken(SqliteDataReader row) => new(
        row.GetString(0),
        Enum.Parse<AccessTokenKind>(row.GetString(1)),
        row.GetString(2),
        row.GetString(3),
        new TokenHash(row.GetString(4), row.GetString(5)))
    {
        Description = row.GetString(6),
        Roles = new TextList(JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(7))),
        ExpiresOn = DateOnly.FromDayNumber(row.GetInt32(8) + StoredTime.EpochDay),
        CreatedAt = StoredTime.FromMicroseconds(row.GetInt64(9)),
        LastUsedAt = row.IsDBNull(10) ? null : StoredTime.FromMicroseconds(row.GetInt64(10)),
    };

    private static void Append(SqliteConnection connection, AuditEvent item) => Run(
        connection,
        "INSERT INTO audit (at, username, action, target, address, request_id) VALUES ($1, $2, $3, $4, $5, $6)",
        StoredTime.ToMicroseconds(item.At),
        item.Username,
        item.Action,
        item.Target,
        item.Address,
        item.RequestId);

    internal static int Run(SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        }

        return command.ExecuteNonQuery();
    }

    /// <summary>A change that touches one row or none; where it does, with the new version and its line in the trail.</summary>
    private Task<bool> ChangeAsync(Func<SqliteConnection, int> change, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync(database, change, audit, cancellationToken);

    /// <summary>The same, for whatever else callers are recognized by.</summary>
    internal static Task<bool> ChangeAsync(
        SqliteDatabase database, Func<SqliteConnection, int> change, AuditEvent audit, CancellationToken cancellationToken) =>
        database.UseAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            if (change(connection) == 0)
            {
                return false;
            }

            Run(connection, "UPDATE access_version SET version = version + 1");
            Append(connection, audit);
            transaction.Commit();
            return true;
        },
        cancellationToken);
}
