namespace Osmo.Access.Users;

/// <summary>A person whom an administrator has entered, and about whose roles, and with them tokens, administrators decide.</summary>
/// <param name="Id">Their name: that of an identity provider, an e-mail address for example, or any other.</param>
/// <param name="CreatedAt">When they were entered.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="Roles">What they were assigned, by the names of the roles.</param>
public sealed record StoredUser(string Id, DateTimeOffset CreatedAt, string CreatedBy, IReadOnlyList<RoleAssignment> Roles)
{
    /// <summary>Whether they were assigned a role.</summary>
    public bool Has(string role) => Roles.Any(assignment => assignment.Role == role);
}

/// <summary>A role that a user was assigned.</summary>
/// <param name="Role">Its name.</param>
/// <param name="AssignedBy">By whom.</param>
/// <param name="AssignedAt">When.</param>
public sealed record RoleAssignment(string Role, string AssignedBy, DateTimeOffset AssignedAt);
