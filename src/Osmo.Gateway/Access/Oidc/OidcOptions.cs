namespace Osmo.Gateway.Access.Oidc;

/// <summary>An identity provider (OpenID Connect) whose log-ins a gateway accepts.</summary>
public sealed record OidcOptions
{
    /// <summary>The issuer, exactly as its log-ins name it; its discovery document lies below it.</summary>
    public required Uri Issuer { get; init; }

    /// <summary>The client that people log in as, without a secret: the OSMO CLI is told of it.</summary>
    public required string ClientId { get; init; }

    /// <summary>Whom log-ins have to be for; the client where it is null.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim with the names of the roles: a list, or names with commas or spaces between.</summary>
    public string RolesClaim { get; init; } = "roles";

    /// <summary>The claim with the user's name; where a log-in lacks it, <c>email</c> and <c>sub</c> are taken.</summary>
    public string UserClaim { get; init; } = "preferred_username";
}
