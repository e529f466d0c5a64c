using Microsoft.AspNetCore.Http;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access.Routes;

/// <summary>A token that somebody wants.</summary>
/// <param name="Kind">Whose it is to be.</param>
/// <param name="User">The name of its user.</param>
/// <param name="Name">Its name.</param>
/// <param name="ExpiresAt">The day with which it ends.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Roles">Its roles; empty where none were asked for.</param>
/// <param name="UsualRoles">Those that it has then, unless an administrator has entered its user.</param>
internal sealed record TokenWish(
    AccessTokenKind Kind,
    string User,
    string Name,
    string? ExpiresAt,
    string Description,
    IReadOnlyList<string> Roles,
    IReadOnlyList<string> UsualRoles);

/// <summary>Makes, lists and deletes access tokens.</summary>
internal sealed class TokenDesk(
    IAccessStore store, AccessWatch watch, SecretsKeyRing keys, GatewayOptions options, TimeProvider time)
{
    private static readonly string[] RolesOfUsers = [PreassignedRoles.User];

    /// <summary>A token that is known here.</summary>
    public AccessToken? Find(string id) => watch.Read().FindToken(id);

    /// <summary>The roles that a user's token has by default: nobody gives away more than they have.</summary>
    public static IReadOnlyList<string> UserRoles(Caller caller) =>
        [.. RolesOfUsers.Where(role => caller.IsAdmin || caller.Roles.Contains(role))];

    /// <summary>The caller's own roles; for the caller of the development mode, who has all, those of users.</summary>
    public static IReadOnlyList<string> OwnRoles(Caller caller) => caller.Identity is null ? RolesOfUsers : caller.Roles;

    public async Task<IReadOnlyList<AccessToken>> ListAsync(AccessTokenKind kind, string? user, CancellationToken cancellationToken) =>
    [
        .. (await store.ReadAsync(cancellationToken)).Tokens
            .Where(token => token.Kind == kind && (user is null || token.User == user))
            .OrderBy(token => token.Name, StringComparer.Ordinal),
    ];

    /// <returns>The text of the new token.</returns>
    public async Task<string> CreateAsync(HttpContext context, Caller caller, TokenWish wish)
    {
        // A role may have been made just now, at another gateway or in the request before.
        await watch.RefreshAsync(context.RequestAborted);
        wish = wish.Roles.Count == 0 ? wish with { Roles = UsualRoles(caller, wish) } : wish;
        var expiresOn = Check(caller, wish);
        var text = TokenText.Create();
        var token = new AccessToken(TokenText.CreateId(), wish.Kind, wish.User, wish.Name, TokenText.Hash(keys, text))
        {
            Description = wish.Description,
            Roles = new TextList([.. wish.Roles.Distinct(StringComparer.Ordinal)]),
            ExpiresOn = expiresOn,
            CreatedAt = time.GetUtcNow(),
        };
        var audit = RequestAudit.Take(context, time, "create", Target(wish.Kind, wish.User, wish.Name));
        if (!await store.AddTokenAsync(token, audit, context.RequestAborted))
        {
            throw new BadHttpRequestException($"Token name {wish.Name} already exists.");
        }

        await watch.RefreshAsync(context.RequestAborted);
        return text;
    }

    public async Task DeleteAsync(HttpContext context, AccessTokenKind kind, string user, string name)
    {
        var audit = RequestAudit.Take(context, time, "delete", Target(kind, user, name));
        if (!await store.RemoveTokenAsync(kind, user, name, audit, context.RequestAborted))
        {
            throw Missing(kind, name);
        }

        await watch.RefreshAsync(context.RequestAborted);
    }

    public static OsmoException Missing(AccessTokenKind kind, string name) =>
        new(ErrorCode.NotFound, $"{kind} access token {name} does not exist.");

    /// <summary>The roles where none were asked for. Of a stored user's those that both the user and the caller have.</summary>
    private IReadOnlyList<string> UsualRoles(Caller caller, TokenWish wish) =>
        wish.Kind == AccessTokenKind.User && watch.Read().FindUser(wish.User) is { } user
            ? [.. user.Roles.Select(assignment => assignment.Role).Where(role => caller.IsAdmin || caller.Roles.Contains(role))]
            : wish.UsualRoles;

    private static string Target(AccessTokenKind kind, string user, string name) =>
        kind == AccessTokenKind.Service ? $"token/service/{name}" : $"token/user/{user}/{name}";

    /// <returns>The day with which the token ends.</returns>
    private DateOnly Check(Caller caller, TokenWish wish)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var expiry = TokenRules.ReadExpiry(wish.ExpiresAt, today, options.Limits.TokenDaysMax, out var day);
        var problem = TokenRules.CheckName(wish.Name) ?? expiry ?? CheckTexts(wish) ?? CheckRoles(caller, wish);
        return problem is null ? day : throw new BadHttpRequestException(problem);
    }

    private static string? CheckTexts(TokenWish wish) =>
        wish.Description.Length > TokenRules.DescriptionCharsMax || wish.Description.Contains('\0', StringComparison.Ordinal)
            ? $"A token's description has at most {TokenRules.DescriptionCharsMax} characters."
            : wish.User.Length is 0 or > Http.Limits.UsernameCharsMax ? "The user's name is empty or too long." : null;

    private string? CheckRoles(Caller caller, TokenWish wish)
    {
        var state = watch.Read();
        if (wish.Roles.Count > TokenRules.RolesMax)
        {
            return $"A token has at most {TokenRules.RolesMax} roles.";
        }

        if (RoleGifts.Check(caller, wish.Roles, state.Roles) is { } problem)
        {
            return problem;
        }

        // Of a stored user's token only those roles count that the user has: better said now than found out later.
        return wish.Kind == AccessTokenKind.User && state.FindUser(wish.User) is { } user
            && wish.Roles.FirstOrDefault(role => !user.Has(role)) is { } missing
            ? $"User {wish.User} does not have the role {missing}. Assign it first."
            : null;
    }
}
