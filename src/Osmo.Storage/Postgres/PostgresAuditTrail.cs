using Npgsql;
using NpgsqlTypes;
using Osmo.Access.Auditing;

namespace Osmo.Storage.Postgres;

/// <summary>The audit trail in a PostgreSQL database.</summary>
internal sealed class PostgresAuditTrail(PostgresDatabase database) : IAuditTrail
{
    /// <summary>Whoever deletes holds the advisory lock of this number until the end of the transaction.</summary>
    private const long DeletionLockKey = 0x6F736D6F_61756474;

    /// <remarks>
    /// It may be done twice where an answer is lost, and then a line stands there twice: better than none, and the request's id tells.
    /// </remarks>
    public Task AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Append(events) } };
            return await batch.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken);

    public Task<int> DeleteAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var command = new NpgsqlCommand(
                """
                WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($3) AS taken)
                DELETE FROM audit WHERE number IN (
                  SELECT number FROM audit WHERE at < $1 AND (SELECT taken FROM turn) ORDER BY at LIMIT $2)
                """,
                connection)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = StoredTime.ToUtc(before) },
                    new NpgsqlParameter { Value = countMax },
                    new NpgsqlParameter { Value = DeletionLockKey },
                },
            };
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken);

    public Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, CancellationToken cancellationToken) =>
        database.UseAsync<IReadOnlyList<AuditRecord>>(
            async (connection, cancel) =>
            {
                await using var command = new NpgsqlCommand(
                    """
                    SELECT number, at, username, action, target, address, request_id FROM audit
                    WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR username = $2) ORDER BY number DESC LIMIT $3
                    """,
                    connection);
                command.Parameters.Add(Optional(query.Before, NpgsqlDbType.Bigint));
                command.Parameters.Add(Optional(query.Username, NpgsqlDbType.Text));
                command.Parameters.Add(new NpgsqlParameter { Value = query.Limit });
                await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                return await PostgresRows.ReadAllAsync(reader, ReadRecord, cancel).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>The statement that appends events in their order.</summary>
    internal static NpgsqlBatchCommand Append(IReadOnlyList<AuditEvent> events) => PostgresAccessStore.Command(
        """
        INSERT INTO audit (at, username, action, target, address, request_id)
        SELECT at, username, action, target, address, request_id
        FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
          WITH ORDINALITY AS event (at, username, action, target, address, request_id, place)
        ORDER BY place
        """,
        events.Select(item => StoredTime.ToUtc(item.At)).ToArray(),
        events.Select(item => item.Username).ToArray(),
        events.Select(item => item.Action).ToArray(),
        events.Select(item => item.Target).ToArray(),
        events.Select(item => item.Address).ToArray(),
        events.Select(item => item.RequestId).ToArray());

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static AuditRecord ReadRecord(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        new AuditEvent(
            PostgresRows.ReadTime(row, 1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6)));
}
