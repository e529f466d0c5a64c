using Osmo.Access.Tokens;
using Osmo.Domain.Backends;

namespace Osmo.Gateway.Access.Routes;

/// <summary>A token in lists: as OSMO's clients know it, and when it was made and used. Times are UTC without a zone.</summary>
internal sealed record TokenItem(
    string UserName,
    string TokenName,
    string ExpiresAt,
    string Description,
    string AccessType,
    IReadOnlyList<string> Roles,
    string CreatedAt,
    string? LastUsedAt)
{
    public static TokenItem Of(AccessToken token) => new(
        token.User,
        token.Name,
        NaiveUtc.Format(token.ExpiresAt),
        token.Description,
        token.Kind == AccessTokenKind.Service ? "SERVICE" : "USER",
        token.Roles.Items,
        NaiveUtc.Format(token.CreatedAt),
        token.LastUsedAt is { } used ? NaiveUtc.Format(used) : null);
}

/// <summary>The roles of a token.</summary>
internal sealed record TokenRoles(string UserName, string TokenName, IReadOnlyList<TokenRole> Roles)
{
    public static TokenRoles Of(AccessToken token) => new(
        token.User,
        token.Name,
        [.. token.Roles.Items.Select(role => new TokenRole(role, token.User, NaiveUtc.Format(token.CreatedAt)))]);
}

/// <summary>A role of a token.</summary>
internal sealed record TokenRole(string RoleName, string AssignedBy, string AssignedAt);
