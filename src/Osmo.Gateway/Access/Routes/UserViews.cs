using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Domain.Backends;

namespace Osmo.Gateway.Access.Routes;

/// <summary>A page of users, counted from 1, as OSMO's clients read it.</summary>
internal sealed record UserPage(int TotalResults, int StartIndex, int ItemsPerPage, IReadOnlyList<UserItem> Users);

/// <summary>A user in lists. Times are UTC without a zone.</summary>
/// <param name="Id">Their name.</param>
/// <param name="CreatedAt">When they were entered.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="LastSeenAt">When one of their tokens was last used, to about a minute; null where none was.</param>
internal sealed record UserItem(string Id, string CreatedAt, string CreatedBy, string? LastSeenAt)
{
    public static UserItem Of(StoredUser user, AccessRecords records) =>
        new(user.Id, NaiveUtc.Format(user.CreatedAt), user.CreatedBy, LastSeen(user, records));

    public static string? LastSeen(StoredUser user, AccessRecords records) => records.Tokens
        .Where(token => token.Kind == AccessTokenKind.User && token.User == user.Id)
        .Max(token => token.LastUsedAt) is { } seen ? NaiveUtc.Format(seen) : null;
}

/// <summary>A user with their roles.</summary>
internal sealed record UserView(string Id, string CreatedAt, string CreatedBy, string? LastSeenAt, IReadOnlyList<UserRole> Roles)
{
    public static UserView Of(StoredUser user, AccessRecords records) => new(
        user.Id,
        NaiveUtc.Format(user.CreatedAt),
        user.CreatedBy,
        UserItem.LastSeen(user, records),
        [.. user.Roles.Select(UserRole.Of)]);
}

/// <summary>The roles of a user.</summary>
internal sealed record UserRoles(string UserId, IReadOnlyList<UserRole> Roles);

/// <summary>A role that a user was assigned.</summary>
internal sealed record UserRole(string RoleName, string AssignedBy, string AssignedAt)
{
    public static UserRole Of(RoleAssignment assignment) =>
        new(assignment.Role, assignment.AssignedBy, NaiveUtc.Format(assignment.AssignedAt));
}

/// <summary>The users who were assigned a role.</summary>
internal sealed record RoleUsers(string RoleName, IReadOnlyList<RoleUser> Users);

/// <summary>One of them.</summary>
internal sealed record RoleUser(string UserId, string AssignedBy, string AssignedAt);
