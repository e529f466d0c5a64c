using System.Collections.Immutable;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Osmo.Access.Recognition;

namespace Osmo.Access.Signing;

/// <summary>
/// Log-ins: signed statements (JWT, RS256) of who holds which token, for five minutes. They are worth nothing once the token or the key
/// is gone, and what their roles are is asked of the token: the ones in the statement are for its readers.
/// </summary>
public sealed class LoginTokens(SigningKeys keys, TimeProvider time)
{
    /// <summary>Who signs, and for whom.</summary>
    public const string Issuer = "osmo";

    /// <summary>How long a log-in is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    private const string UserClaim = "unique_name";
    private const string NameClaim = "name";
    private const string RolesClaim = "roles";
    private const string TokenClaim = "osmo_token_id";
    private const string TokenNameClaim = "osmo_token_name";

    /// <summary>How far the clocks of two gateways may be apart.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Signs a log-in.</summary>
    /// <param name="principal">The holder of a token.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Osmo.Domain.Errors.OsmoException">The store cannot be used.</exception>
    public async Task<(string Login, DateTimeOffset ExpiresAt)> IssueAsync(Principal principal, CancellationToken cancellationToken)
    {
        var key = await keys.SignerAsync(cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var end = now + Lifetime;
        var login = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = end.UtcDateTime,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256),
            Claims = new Dictionary<string, object>
            {
                [UserClaim] = principal.Name,
                [NameClaim] = principal.Name,
                [RolesClaim] = principal.Roles.ToArray(),
                [TokenClaim] = principal.TokenId ?? throw new ArgumentException("Only tokens can be exchanged.", nameof(principal)),
                [TokenNameClaim] = principal.TokenName ?? "",
            },
        });
        return (login, DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds()));
    }

    /// <summary>Verifies a log-in's signature and time; whether its token is still there is the caller's to ask.</summary>
    /// <returns>
    /// What it says, without roles, or why it is refused; whether it may be from a key that is not known here yet.
    /// </returns>
    internal async Task<(Principal? Principal, string? Refusal, bool IsUnknownKey)> VerifyAsync(JsonWebToken login, AccessState state)
    {
        var now = time.GetUtcNow();
        if (login.Alg != SecurityAlgorithms.RsaSha256)
        {
            return (null, "The log-in is not signed as this server signs.", false);
        }

        if (state.FindKey(login.Kid ?? "", now) is not { } stored)
        {
            return (null, "The log-in was signed by a key that is not in use. Log in again.", true);
        }

        var result = await _handler.ValidateTokenAsync(login, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Issuer,
            IssuerSigningKey = keys.Verifier(stored),
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            LifetimeValidator = (from, to, _, _) => to is { } end && now < end && !(from > now + ClockSkew),
        }).ConfigureAwait(false);
        if (!result.IsValid)
        {
            return (null, Explain(result.Exception, login, now), false);
        }

        return login.TryGetPayloadValue<string>(TokenClaim, out var id) && login.TryGetPayloadValue<string>(UserClaim, out var user)
            ? (new Principal(PrincipalKind.Login, user, ImmutableArray<string>.Empty)
            {
                TokenId = id,
                KeyId = stored.Id,
                ExpiresAt = new DateTimeOffset(login.ValidTo, TimeSpan.Zero),
            }, null, false)
            : (null, "The log-in does not say which token it was made from. Log in again.", false);
    }

    /// <summary>Why a log-in is refused, without a word of it.</summary>
    public static string Explain(Exception? failure, JsonWebToken login, DateTimeOffset now) => failure switch
    {
        SecurityTokenInvalidLifetimeException when login.ValidFrom > now.UtcDateTime =>
            "The log-in is not valid yet: the clock of whoever made it is ahead of this server's, or this server's is behind. Set both "
            + "clocks, then log in again.",
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException =>
            "The log-in has expired. Log in again, or exchange the access token anew.",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "The log-in's signature is not valid.",
        SecurityTokenInvalidAlgorithmException => "The log-in is not signed by an algorithm that is allowed.",
        SecurityTokenInvalidAudienceException or SecurityTokenInvalidIssuerException => "The log-in is for somebody else.",
        _ => "The log-in is not valid.",
    };
}
