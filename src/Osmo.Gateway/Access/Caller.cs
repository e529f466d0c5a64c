using Osmo.Access.Recognition;
using Osmo.Access.Roles;

namespace Osmo.Gateway.Access;

/// <summary>A caller that was recognized.</summary>
/// <param name="Name">For the history of changes.</param>
/// <param name="Identity">What it may do; null for everything: the development mode, which listens on loopback only.</param>
internal sealed record Caller(string Name, Identity? Identity)
{
    /// <summary>The names of its roles; in the development mode the administrator's.</summary>
    public IReadOnlyList<string> Roles => Identity is { } identity ? identity.Principal.Roles : [PreassignedRoles.Admin];

    /// <summary>Whether it may give roles that it does not have.</summary>
    public bool IsAdmin => Roles.Contains(PreassignedRoles.Admin);
}
