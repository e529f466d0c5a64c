using Osmo.Access.Roles;

namespace Osmo.Gateway.Access;

/// <summary>Which roles a caller may give, to a token or to a user.</summary>
internal static class RoleGifts
{
    /// <summary>What is wrong with a gift; null where nothing is.</summary>
    public static string? Check(Caller caller, IReadOnlyList<string> roles, RoleTable known)
    {
        if (roles.FirstOrDefault(role => !known.Has(role)) is { } unknown)
        {
            return $"Invalid role: {unknown}";
        }

        return caller.IsAdmin || roles.FirstOrDefault(role => !caller.Roles.Contains(role)) is not { } foreign
            ? null
            : $"You cannot give the role {foreign}, because you do not have it. Ask an administrator.";
    }
}
