using Osmo.Cli.Gateway;
using Osmo.Cli.Profiles;

namespace Osmo.Cli.Login;

/// <summary>Proves a log-in; fetches a fresh short-lived token where the old one has ended, and keeps it.</summary>
internal sealed class LoginCredential : ICredential
{
    // A token that ends while the request is on its way is of no use.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

    private readonly ProfileStore _store;
    private readonly string _name;
    private readonly TimeProvider _time;
    private Profile _profile;

    private LoginCredential(ProfileStore store, string name, Profile profile, TimeProvider time)
    {
        _store = store;
        _name = name;
        _profile = profile;
        _time = time;
    }

    private LoginState Login => _profile.Login!;

    public static ICredential Of(ProfileStore store, string name, Profile profile, TimeProvider time) => profile.Login switch
    {
        { Method: LoginMethod.Dev } dev => FixedCredential.User(dev.Username),
        { Method: LoginMethod.Bearer, Secret: { } token } => FixedCredential.Bearer(token),
        _ => new LoginCredential(store, name, profile, time),
    };

    public async Task ApplyAsync(HttpRequestMessage request, HttpClient http, CancellationToken cancellationToken)
    {
        if (Login.Jwt is null || Login.JwtExpiresAt - Margin < _time.GetUtcNow())
        {
            await RenewAsync(http, cancellationToken);
        }

        request.Headers.TryAddWithoutValidation(FixedCredential.AuthorizationHeader, $"Bearer {Login.Jwt}");
    }

    public async Task<bool> RenewAsync(HttpClient http, CancellationToken cancellationToken)
    {
        if (Login.Secret is not { } secret)
        {
            throw new CliError("Token is expired, but no refresh token is present. Run 'osmo login' again.");
        }

        var jwt = "";
        if (Login.Method == LoginMethod.Token)
        {
            jwt = await TokenExchange.ExchangeAsync(http, secret, cancellationToken)
                ?? throw new CliError($"The gateway at {http.BaseAddress} exchanges no tokens any more. Run 'osmo login' again.");
        }
        else
        {
            // Not with the gateway's client: what that one sends along, the provider need not see.
            using var provider = new HttpClient(TrustedAuthority.Handler(_profile.CaFile));
            var issued = await new IdentityProvider(provider, new Uri(Login.TokenEndpoint!), Login.ClientId!)
                .RefreshAsync(secret, cancellationToken);
            (jwt, secret) = (issued.IdToken, issued.RefreshToken ?? secret);
        }

        var login = Login with { Jwt = jwt, JwtExpiresAt = JwtClaims.Read(jwt).ExpiresAt, Secret = secret };
        _profile = _profile with { Login = login };
        _store.Put(_name, _profile, makeCurrent: false);
        return true;
    }
}
