namespace Osmo.Cli.Profiles;

/// <summary>How somebody logged in.</summary>
internal enum LoginMethod
{
    /// <summary>By name, to a gateway in development mode.</summary>
    Dev,

    /// <summary>With an access token, which is exchanged for short-lived ones.</summary>
    Token,

    /// <summary>With an access token that is sent as it is, to a gateway that exchanges none.</summary>
    Bearer,

    /// <summary>At an identity provider, by a code on another device.</summary>
    Code,
}

/// <summary>What a log-in left.</summary>
/// <param name="Method">How it was done.</param>
/// <param name="Username">Who; empty where nobody said.</param>
/// <param name="Secret">The access token, or the refresh token of the identity provider; null where there is none.</param>
/// <param name="Jwt">The short-lived token; null where there is none.</param>
/// <param name="JwtExpiresAt">When that one ends.</param>
/// <param name="TokenEndpoint">Where the identity provider refreshes; null where there is none.</param>
/// <param name="ClientId">The client's name at the identity provider.</param>
internal sealed record LoginState(
    LoginMethod Method,
    string Username,
    string? Secret = null,
    string? Jwt = null,
    DateTimeOffset? JwtExpiresAt = null,
    string? TokenEndpoint = null,
    string? ClientId = null)
{
    // No secret ever reaches a log by way of a record's text.
    public override string ToString() => $"{Method} {Username}";
}

/// <summary>A gateway with a log-in.</summary>
/// <param name="Server">The gateway's address.</param>
/// <param name="CaFile">PEM file of the authorities to trust; null for the system's.</param>
/// <param name="Login">Null after a log-out.</param>
internal sealed record Profile(string Server, string? CaFile, LoginState? Login);
