using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Osmo.Access.Roles;

/// <summary>All roles by name. Everybody has <see cref="PreassignedRoles.Default"/> beside their own.</summary>
public sealed class RoleTable
{
    private readonly FrozenDictionary<string, Role> _roles;

    /// <summary>Creates the table.</summary>
    /// <param name="roles">The roles; their names are unique.</param>
    public RoleTable(IEnumerable<Role> roles) => _roles = roles.ToFrozenDictionary(role => role.Name, StringComparer.Ordinal);

    /// <summary>The roles that a server has from its first start.</summary>
    public static RoleTable Preassigned { get; } = new(PreassignedRoles.All);

    /// <summary>The names of all roles, in order.</summary>
    public IEnumerable<string> Names => _roles.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether there is a role of that name.</summary>
    public bool Has(string name) => _roles.ContainsKey(name);

    /// <summary>The roles that apply to a caller: those of its names that exist, and the one that everybody has.</summary>
    /// <param name="names">The names of the caller's roles.</param>
    public ImmutableArray<Role> Resolve(IEnumerable<string> names) =>
        [.. names.Append(PreassignedRoles.Default).Distinct(StringComparer.Ordinal).Select(_roles.GetValueOrDefault).OfType<Role>()];

    /// <summary>Whether a caller with these roles may make the request.</summary>
    /// <param name="roles">The names of the caller's roles; unknown ones allow nothing.</param>
    /// <param name="method">The request's method; <see cref="RoleAction.WebSocket"/> for one that opens a WebSocket.</param>
    /// <param name="path">Its path without the query.</param>
    public bool Allows(IEnumerable<string> roles, string method, string path)
    {
        foreach (var role in Resolve(roles))
        {
            if (role.Allows(method, path))
            {
                return true;
            }
        }

        return false;
    }
}
