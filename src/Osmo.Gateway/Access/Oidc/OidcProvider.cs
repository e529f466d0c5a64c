using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Osmo.Access.Recognition;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access.Routes;

namespace Osmo.Gateway.Access.Oidc;

/// <summary>
/// Verifies an identity provider's log-ins by its published keys. What the provider publishes is fetched when it is needed, kept for an
/// hour, and fetched anew for a key that is not known, though not more often than every half minute.
/// </summary>
internal sealed class OidcProvider : IExternalLogins, IDisposable
{
    private const string DiscoveryPath = ".well-known/openid-configuration";
    private const long AnswerBytesMax = 1024 * 1024;

    // Only those with a public and a private key: a secret that both sides know would let whoever reads our options sign.
    private static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan FetchInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly OidcOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OidcProvider> _logger;
    private readonly HttpClient _http = new() { Timeout = ConnectTimeout, MaxResponseContentBufferSize = AnswerBytesMax };
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private readonly JsonWebTokenHandler _handler = new();
    private Published? _published;
    private long? _triedAt;

    public OidcProvider(OidcOptions options, TimeProvider time, ILogger<OidcProvider> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
    }

    public bool IsFrom(string issuer) => issuer == _options.Issuer.OriginalString;

    public async Task<(Principal? Principal, string? Refusal)> VerifyAsync(string login, CancellationToken cancellationToken)
    {
        var token = new JsonWebToken(login);
        var published = await GetAsync(_ => true, cancellationToken);
        if (!published.Keys.Any(key => key.KeyId == token.Kid))
        {
            published = await GetAsync(known => known.Keys.Any(key => key.KeyId == token.Kid), cancellationToken);
        }

        var result = await _handler.ValidateTokenAsync(login, new TokenValidationParameters
        {
            ValidIssuer = _options.Issuer.OriginalString,
            ValidAudiences = _options.Audience is { } audience ? [audience, _options.ClientId] : [_options.ClientId],
            IssuerSigningKeys = published.Keys,
            ValidAlgorithms = Algorithms,
            LifetimeValidator = (from, to, _, _) => to > _time.GetUtcNow() && !(from > _time.GetUtcNow() + ClockSkew),
        });
        if (!result.IsValid)
        {
            return (null, Osmo.Access.Signing.LoginTokens.Explain(result.Exception, token, _time.GetUtcNow()));
        }

        using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        return OidcClaims.User(claims.RootElement, _options.UserClaim) is { } user
            ? (new Principal(PrincipalKind.Oidc, user, [])
            {
                ClaimedRoles = OidcClaims.Roles(claims.RootElement, _options.RolesClaim),
                ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
            }, null)
            : (null, $"The log-in has no claim {_options.UserClaim} with the user's name.");
    }

    /// <summary>Where people log in.</summary>
    /// <exception cref="OsmoException">The provider cannot be reached.</exception>
    public async Task<LoginEndpoints> DescribeAsync(CancellationToken cancellationToken) =>
        (await GetAsync(_ => true, cancellationToken)).Endpoints;

    public void Dispose()
    {
        _http.Dispose();
        _fetching.Dispose();
    }

    /// <summary>What the provider publishes; what it published before, where it cannot be reached now.</summary>
    private async Task<Published> GetAsync(Predicate<Published> suffices, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _published) is { } known && suffices(known) && _time.GetElapsedTime(known.At) < KeptFor)
        {
            return known;
        }

        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (_published is { } now && suffices(now) && _time.GetElapsedTime(now.At) < KeptFor)
            {
                return now;
            }

            if (_triedAt is not { } tried || _published is null || _time.GetElapsedTime(tried) >= FetchInterval)
            {
                _triedAt = _time.GetTimestamp();
                _published = await FetchAsync(cancellationToken);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or ArgumentException or OsmoException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            GatewayLog.ProviderUnusable(_logger, _options.Issuer.OriginalString, failure.Message);
            if (_published is null)
            {
                throw new OsmoException(
                    ErrorCode.Unavailable,
                    $"The identity provider {_options.Issuer.OriginalString} cannot be used at the moment. Try again, or use a token.");
            }
        }
        finally
        {
            _fetching.Release();
        }

        return _published;
    }

    private async Task<Published> FetchAsync(CancellationToken cancellationToken)
    {
        var at = _time.GetTimestamp();
        var root = _options.Issuer.OriginalString.TrimEnd('/');
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"{root}/{DiscoveryPath}"), cancellationToken));
        string? Text(string name) =>
            document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (Text("issuer") != _options.Issuer.OriginalString || Text("jwks_uri") is not { } keysUri)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"its discovery document is that of the issuer {Text("issuer")}, or lacks jwks_uri. Check --oidc-issuer.");
        }

        var keys = new JsonWebKeySet(await _http.GetStringAsync(new Uri(keysUri), cancellationToken));
        var endpoints = new LoginEndpoints(
            Text("device_authorization_endpoint"),
            _options.ClientId,
            Text("authorization_endpoint"),
            _options.ClientId,
            Text("token_endpoint"),
            Text("end_session_endpoint"));
        return new Published([.. keys.GetSigningKeys()], endpoints, at);
    }

    private sealed record Published(IReadOnlyList<SecurityKey> Keys, LoginEndpoints Endpoints, long At);
}
