using System.Collections.Immutable;

namespace Osmo.Access.Roles;

/// <summary>
/// The roles that a server has from its first start: OSMO's, with what this server has beside. They may be extended; what they allow by
/// default comes back at the next start, and the protected ones cannot be lost at all.
/// </summary>
public static class PreassignedRoles
{
    /// <summary>The administrator's role: everything but what programs of the cluster do.</summary>
    public const string Admin = "osmo-admin";

    /// <summary>The role of people who use the clusters.</summary>
    public const string User = "osmo-user";

    /// <summary>The role of agents, for all backends.</summary>
    public const string Backend = "osmo-backend";

    /// <summary>The role of workflow pods.</summary>
    public const string Control = "osmo-ctrl";

    /// <summary>What everybody has who is recognized.</summary>
    public const string Default = "osmo-default";

    /// <summary>The preassigned roles by name.</summary>
    public static ImmutableArray<Role> All { get; } =
    [
        Create(
            Admin,
            "Administrator role",
            "*:*", "!/api/agent/*:*", "!/api/logger/*:*", "!/api/router/*/*/backend/*:*"),
        Create(
            Backend,
            "For backend agents",
            "/api/agent/listener/*:*", "/api/agent/worker/*:*", "/api/agent/channel/*:*", "/api/pool/*:Get", "/api/configs/backend:Get",
            "/api/configs/backend/*:Get"),
        Create(Control, "For workflow pods", "/api/logger/workflow/*:*", "/api/router/*/*/backend/*:*"),
        Create(
            Default,
            "Default role",
            "/api/version:*", "/api/router/version:*", "/api/auth/login:Get", "/api/auth/keys:Get", "/api/auth/refresh_token:*",
            "/api/auth/jwt/refresh_token:*", "/api/auth/jwt/access_token:*", "/api/auth/access_token:*", "/client/osmo_client:*",
            "/client/install.sh:*", "/client/version:*", "/client/pypi/simple/*:*", "/client/pypi/simple:*", "/health:*"),
        Create(
            User,
            "User role",
            "/api/auth/access_token:*", "/api/auth/access_token/user:*", "/api/auth/access_token/user/*:*", "/api/app:*", "/api/app/*:*",
            "/api/workflow:*", "/api/workflow/*:*", "/api/task:*", "/api/task/*:*", "/api/bucket:*", "/api/bucket/*:*",
            "/api/credentials:*", "/api/credentials/*:*", "/api/resources:*", "/api/resources/*:*", "/api/pool/default/*:*",
            "/api/pool:*", "/api/pool_quota:*", "/api/profile/*:*", "/api/users:*", "/api/tag:*", "/api/plugins/configs:*",
            "/api/router/webserver/*/:*", "/api/router/webserver_enabled:*", "/api/router/*/*/client/*:*",
            "/api/backends:Get", "/api/backends/*:Get", "/api/watch:Get", "/status:Get", "/api/silos:Get"),
    ];

    /// <summary>Whether the role must not be deleted, nor lose what it allows by default.</summary>
    public static bool IsProtected(string name) => name is Admin or Default;

    /// <summary>The roles with what is missing of the preassigned ones: deleted protected roles, and default actions of all.</summary>
    /// <param name="roles">The roles as they are stored.</param>
    /// <returns>The same list where nothing is missing.</returns>
    public static IReadOnlyList<Role> Complete(IReadOnlyList<Role> roles)
    {
        var complete = roles.Select(role => All.FirstOrDefault(known => known.Name == role.Name) is { } known ? Extend(role, known) : role)
            .Concat(All.Where(known => IsProtected(known.Name) && roles.All(role => role.Name != known.Name)))
            .ToArray();
        return complete.SequenceEqual(roles) ? roles : complete;
    }

    /// <summary>
    /// The role with the policy that it has by default, unless it still has every action of it. The default policy goes in as a whole:
    /// its refusals belong to what it allows.
    /// </summary>
    private static Role Extend(Role role, Role known)
    {
        var wanted = known.Policies[0].Actions;
        return role.Policies.Any(policy => wanted.All(policy.Actions.Contains))
            ? role
            : role with { Policies = role.Policies.Insert(0, known.Policies[0]) };
    }

    private static Role Create(string name, string description, params string[] actions) => new(
        name,
        description,
        [new RolePolicy([.. actions.Select(action => RoleAction.Parse($"{RoleAction.Base}:{action}"))])],
        IsImmutable: IsProtected(name));
}
