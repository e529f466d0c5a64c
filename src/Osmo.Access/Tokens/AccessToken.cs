using Osmo.Domain.Backends;

namespace Osmo.Access.Tokens;

/// <summary>Whose an access token is.</summary>
public enum AccessTokenKind
{
    /// <summary>A program's, such as an agent's: its user is called as the token is.</summary>
    Service,

    /// <summary>A person's.</summary>
    User,
}

/// <summary>A keyed hash of a token's text: all that is stored of it.</summary>
/// <param name="KeyId">The id of the key in the key ring.</param>
/// <param name="Hex">The hash in lower-case hexadecimal digits.</param>
public readonly record struct TokenHash(string KeyId, string Hex);

/// <summary>An access token as it is stored: everything but its text.</summary>
/// <param name="Id">Random; what log-ins made from the token refer to.</param>
/// <param name="Kind">Whose it is.</param>
/// <param name="User">The name of its user.</param>
/// <param name="Name">Its name, unique for the user and the kind.</param>
/// <param name="Hash">What its text is recognized by.</param>
public sealed record AccessToken(string Id, AccessTokenKind Kind, string User, string Name, TokenHash Hash)
{
    /// <summary>What it is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>The names of its roles.</summary>
    public TextList Roles { get; init; } = TextList.Empty;

    /// <summary>The day (UTC) with whose beginning it ends.</summary>
    public DateOnly ExpiresOn { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last used, to about a minute; null where it never was.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The moment with which it ends.</summary>
    public DateTimeOffset ExpiresAt => new(ExpiresOn.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
