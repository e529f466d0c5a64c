using Npgsql;
using Osmo.Access.Auditing;
using Osmo.Access.Tokens;
using Osmo.Access.Users;

namespace Osmo.Storage.Postgres;

/// <summary>Users in a PostgreSQL database.</summary>
internal sealed class PostgresUserStore(PostgresDatabase database) : IUserStore
{
    /// <summary>The first of the two results that <see cref="ReadAsync"/> reads.</summary>
    internal const string ReadRoles = "SELECT user_id, role, assigned_by, assigned_at FROM access_user_role ORDER BY role COLLATE \"C\"";

    /// <summary>The second of them.</summary>
    internal const string ReadUsers = "SELECT id, created_at, created_by FROM access_user ORDER BY id COLLATE \"C\"";

    private const string Assign = """
        INSERT INTO access_user_role (user_id, role, assigned_by, assigned_at)
        SELECT id, $2, $3, $4 FROM access_user WHERE id = ANY ($1) ON CONFLICT DO NOTHING
        """;

    /// <remarks>A repetition after a lost answer finds its own user, by the time to the microsecond: as good as having made it.</remarks>
    public Task<bool> AddAsync(StoredUser user, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        [
            PostgresAccessStore.Command(
                """
                INSERT INTO access_user (id, created_at, created_by) VALUES ($1, $2, $3)
                ON CONFLICT (id) DO UPDATE SET id = excluded.id
                WHERE access_user.created_at = excluded.created_at AND access_user.created_by = excluded.created_by
                """,
                user.Id,
                StoredTime.ToUtc(user.CreatedAt),
                user.CreatedBy),
            .. user.Roles.Select(assignment => AssignTo([user.Id], assignment)),
        ],
        audit,
        cancellationToken);

    public Task<bool> RemoveAsync(string id, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        [
            PostgresAccessStore.Command("DELETE FROM access_user WHERE id = $1", id),
            PostgresAccessStore.Command(
                "DELETE FROM access_token WHERE kind = $1 AND username = $2", nameof(AccessTokenKind.User), id),
            PostgresAccessStore.Command("DELETE FROM user_profile WHERE username = $1", id),
        ],
        audit,
        cancellationToken);

    public Task<bool> AssignAsync(
        IReadOnlyCollection<string> ids, RoleAssignment assignment, AuditEvent audit, CancellationToken cancellationToken) =>
        ChangeAsync([AssignTo([.. ids], assignment)], audit, cancellationToken);

    public Task<bool> UnassignAsync(string id, string role, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        [PostgresAccessStore.Command("DELETE FROM access_user_role WHERE user_id = $1 AND role = $2", id, role)], audit, cancellationToken);

    /// <summary>All users with their roles, from the next two results.</summary>
    internal static async Task<IReadOnlyList<StoredUser>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var assigned = await PostgresRows.ReadAllAsync(
            reader,
            row => (User: row.GetString(0), Assignment: new RoleAssignment(
                row.GetString(1), row.GetString(2), PostgresRows.ReadTime(row, 3))),
            cancellationToken).ConfigureAwait(false);
        var roles = assigned.ToLookup(item => item.User, item => item.Assignment, StringComparer.Ordinal);
        return await PostgresRows.ReadAllAsync(
            reader,
            row => new StoredUser(row.GetString(0), PostgresRows.ReadTime(row, 1), row.GetString(2), [.. roles[row.GetString(0)]]),
            cancellationToken).ConfigureAwait(false);
    }

    private static NpgsqlBatchCommand AssignTo(string[] ids, RoleAssignment assignment) => PostgresAccessStore.Command(
        Assign, ids, assignment.Role, assignment.AssignedBy, StoredTime.ToUtc(assignment.AssignedAt));

    private Task<bool> ChangeAsync(NpgsqlBatchCommand[] changes, AuditEvent audit, CancellationToken cancellationToken) =>
        PostgresAccessStore.ChangeAsync(database, changes, audit, cancellationToken);
}
