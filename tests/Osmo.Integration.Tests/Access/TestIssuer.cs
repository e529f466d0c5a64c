using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Osmo.Integration.Tests.Access;

/// <summary>A small identity provider: discovery, keys, and log-ins as the test wants them.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    public const string ClientId = "osmo-cli";

    private readonly WebApplication _app;
    private readonly List<RsaSecurityKey> _published = [];

    private TestIssuer(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public int KeyFetches { get; private set; }

    public static async Task<TestIssuer> StartAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var issuer = new TestIssuer(builder.Build());
        issuer._app.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, string>
        {
            ["issuer"] = issuer.Url,
            ["jwks_uri"] = $"{issuer.Url}/keys",
            ["device_authorization_endpoint"] = $"{issuer.Url}/device",
            ["token_endpoint"] = $"{issuer.Url}/token",
        }));
        issuer._app.MapGet("/keys", () =>
        {
            issuer.KeyFetches++;
            return Results.Json(new Dictionary<string, object> { ["keys"] = issuer._published.Select(Publish).ToArray() });
        });
        await issuer._app.StartAsync(cancel);
        issuer.Url = issuer._app.Urls.First();
        issuer.AddKey("k1");
        return issuer;
    }

    /// <summary>Makes a key that signs from now on.</summary>
    public void AddKey(string id, bool isPublished = true)
    {
        using var rsa = RSA.Create(2_048);
        Signer = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)) { KeyId = id };
        if (isPublished)
        {
            _published.Add(Signer);
        }
    }

    /// <summary>Signs a log-in.</summary>
    public string LogIn(Action<SecurityTokenDescriptor>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var login = new SecurityTokenDescriptor
        {
            Issuer = Url,
            Audience = ClientId,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(10),
            SigningCredentials = new SigningCredentials(Signer, SecurityAlgorithms.RsaSha256),
            Claims = new Dictionary<string, object>
            {
                ["preferred_username"] = "alice",
                ["realm_access"] = new Dictionary<string, object> { ["roles"] = new[] { "osmo-user", "unknown-role" } },
            },
        };
        change?.Invoke(login);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(login);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private RsaSecurityKey Signer { get; set; } = null!;

    private static Dictionary<string, string> Publish(RsaSecurityKey key) => new()
    {
        ["kty"] = "RSA",
        ["use"] = "sig",
        ["kid"] = key.KeyId,
        ["n"] = Base64UrlEncoder.Encode(key.Parameters.Modulus),
        ["e"] = Base64UrlEncoder.Encode(key.Parameters.Exponent),
    };
}
