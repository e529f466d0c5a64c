using Osmo.Access.Auditing;
using Osmo.Access.Tokens;
using Osmo.Domain.Errors;

namespace Osmo.Access.Users;

/// <summary>
/// Changes users; <see cref="IAccessStore.ReadAsync"/> reads them, and every change counts as one of its changes. Every change is made
/// together with its line in the audit trail. All methods fail with <see cref="OsmoException"/> (<see cref="ErrorCode.Unavailable"/>) where
/// the database cannot be used.
/// </summary>
public interface IUserStore
{
    /// <summary>Adds a user with their roles.</summary>
    /// <returns>False where there is one of that id; nothing was changed then.</returns>
    Task<bool> AddAsync(StoredUser user, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Takes a user away, with their tokens and their profile.</summary>
    /// <returns>False where there is none.</returns>
    Task<bool> RemoveAsync(string id, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Assigns users a role.</summary>
    /// <param name="ids">The users; those who do not exist are left out.</param>
    /// <param name="assignment">The role, and who assigns it.</param>
    /// <param name="audit">The change.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where all of them have it; nothing was changed then.</returns>
    Task<bool> AssignAsync(
        IReadOnlyCollection<string> ids, RoleAssignment assignment, AuditEvent audit, CancellationToken cancellationToken);

    /// <summary>Takes a role from a user.</summary>
    /// <returns>False where they do not have it.</returns>
    Task<bool> UnassignAsync(string id, string role, AuditEvent audit, CancellationToken cancellationToken);
}
