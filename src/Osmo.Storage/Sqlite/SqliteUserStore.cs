using Microsoft.Data.Sqlite;
using Osmo.Access.Auditing;
using Osmo.Access.Tokens;
using Osmo.Access.Users;

namespace Osmo.Storage.Sqlite;

/// <summary>Users in a SQLite file.</summary>
internal sealed class SqliteUserStore(SqliteDatabase database) : IUserStore
{
    private const string Assign = """
        INSERT INTO access_user_role (user_id, role, assigned_by, assigned_at)
        SELECT id, $2, $3, $4 FROM access_user WHERE id = $1 ON CONFLICT DO NOTHING
        """;

    public Task<bool> AddAsync(StoredUser user, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection =>
        {
            var added = SqliteAccessStore.Run(
                connection,
                "INSERT INTO access_user (id, created_at, created_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                user.Id,
                StoredTime.ToMicroseconds(user.CreatedAt),
                user.CreatedBy);
            return added == 0 ? 0 : added + user.Roles.Sum(assignment => AssignTo(connection, user.Id, assignment));
        },
        audit,
        cancellationToken);

    public Task<bool> RemoveAsync(string id, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection =>
        {
            if (SqliteAccessStore.Run(connection, "DELETE FROM access_user WHERE id = $1", id) == 0)
            {
                return 0;
            }

            SqliteAccessStore.Run(connection, "DELETE FROM access_user_role WHERE user_id = $1", id);
            SqliteAccessStore.Run(
                connection, "DELETE FROM access_token WHERE kind = $1 AND username = $2", nameof(AccessTokenKind.User), id);
            SqliteAccessStore.Run(connection, "DELETE FROM user_profile WHERE username = $1", id);
            return 1;
        },
        audit,
        cancellationToken);

    public Task<bool> AssignAsync(
        IReadOnlyCollection<string> ids, RoleAssignment assignment, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection => ids.Sum(id => AssignTo(connection, id, assignment)), audit, cancellationToken);

    public Task<bool> UnassignAsync(string id, string role, AuditEvent audit, CancellationToken cancellationToken) => ChangeAsync(
        connection => SqliteAccessStore.Run(connection, "DELETE FROM access_user_role WHERE user_id = $1 AND role = $2", id, role),
        audit,
        cancellationToken);

    /// <summary>All users with their roles.</summary>
    internal static IReadOnlyList<StoredUser> Read(SqliteConnection connection)
    {
        var roles = SqliteBackendStore.Query(
            connection,
            "SELECT user_id, role, assigned_by, assigned_at FROM access_user_role ORDER BY user_id, role",
            row => (User: row.GetString(0), Assignment: new RoleAssignment(
                row.GetString(1), row.GetString(2), StoredTime.FromMicroseconds(row.GetInt64(3)))))
            .ToLookup(item => item.User, item => item.Assignment, StringComparer.Ordinal);
        return SqliteBackendStore.Query(
            connection,
            "SELECT id, created_at, created_by FROM access_user ORDER BY id",
            row => new StoredUser(
                row.GetString(0), StoredTime.FromMicroseconds(row.GetInt64(1)), row.GetString(2), [.. roles[row.GetString(0)]]));
    }

    private static int AssignTo(SqliteConnection connection, string id, RoleAssignment assignment) => SqliteAccessStore.Run(
        connection, Assign, id, assignment.Role, assignment.AssignedBy, StoredTime.ToMicroseconds(assignment.AssignedAt));

    private Task<bool> ChangeAsync(Func<SqliteConnection, int> change, AuditEvent audit, CancellationToken cancellationToken) =>
        SqliteAccessStore.ChangeAsync(database, change, audit, cancellationToken);
}
