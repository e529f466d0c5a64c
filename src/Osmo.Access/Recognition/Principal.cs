using System.Collections.Immutable;

namespace Osmo.Access.Recognition;

/// <summary>What a caller was recognized by.</summary>
public enum PrincipalKind
{
    /// <summary>A token from a file that the server was started with.</summary>
    File,

    /// <summary>A stored access token.</summary>
    AccessToken,

    /// <summary>A log-in that a gateway signed for the holder of a token.</summary>
    Login,

    /// <summary>A log-in of an identity provider.</summary>
    Oidc,
}

/// <summary>Who a credential belongs to.</summary>
/// <param name="Kind">What it was recognized by.</param>
/// <param name="Name">The name of the user.</param>
/// <param name="Roles">The names of the roles.</param>
public sealed record Principal(PrincipalKind Kind, string Name, ImmutableArray<string> Roles)
{
    /// <summary>The roles that an identity provider named, where it is one of its log-ins: <see cref="Roles"/> may be more.</summary>
    public ImmutableArray<string> ClaimedRoles { get; init; } = [];

    /// <summary>The id of the token that it is or was made from; null for an identity provider's.</summary>
    public string? TokenId { get; init; }

    /// <summary>The name of that token.</summary>
    public string? TokenName { get; init; }

    /// <summary>The id of the key that signed the log-in; null where none did, or not one of ours.</summary>
    public string? KeyId { get; init; }

    /// <summary>The moment with which the credential ends; null for none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
