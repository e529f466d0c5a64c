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
        issuer._app.MapPost("/device", (Delegate)issuer.BeginAsync);
        issuer._app.MapPost("/token", (Delegate)issuer.IssueAsync);
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

    /// <summary>How often a client has to ask for its log-in before somebody has entered the code.</summary>
    public int PollsUntilEntered { get; set; } = 1;

    /// <summary>Whether the log-ins that it gives out have ended already, so that a client has to renew them.</summary>
    public bool GivesOldLogIns { get; set; }

    /// <summary>The kinds of grants that clients asked for, in their order.</summary>
    public List<string> Grants { get; } = [];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> BeginAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        return form["client_id"] != ClientId ? Results.BadRequest(new { error = "invalid_client" }) : Results.Json(
            new Dictionary<string, object>
            {
                ["device_code"] = "device-1",
                ["user_code"] = "ABCD-EFGH",
                ["verification_uri"] = $"{Url}/enter",
                ["interval"] = 0,
                ["expires_in"] = 60,
            });
    }

    private async Task<IResult> IssueAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        Grants.Add(form["grant_type"].ToString());
        var isRenewal = form["grant_type"] == "refresh_token" && form["refresh_token"] == "refresh-1";
        if (!isRenewal && form["device_code"] != "device-1")
        {
            return Results.BadRequest(new { error = "invalid_grant" });
        }

        if (!isRenewal && PollsUntilEntered-- > 0)
        {
            return Results.BadRequest(new { error = "authorization_pending" });
        }

        var login = LogIn(wanted =>
        {
            wanted.Claims["name"] = "Alice";
            if (GivesOldLogIns && !isRenewal)
            {
                (wanted.NotBefore, wanted.Expires) = (wanted.NotBefore!.Value.AddHours(-2), wanted.Expires!.Value.AddHours(-2));
            }
        });
        return Results.Json(new Dictionary<string, object> { ["id_token"] = login, ["refresh_token"] = "refresh-1" });
    }

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
