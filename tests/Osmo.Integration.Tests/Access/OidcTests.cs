using System.Net;
using Microsoft.IdentityModel.Tokens;
using Osmo.Gateway.Access.Oidc;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Log-ins of an identity provider.</summary>
public sealed class OidcTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_of_the_provider_has_the_roles_that_its_claim_names()
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        var login = issuer.LogIn();
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/backends", login)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/backends", headers: ("x-osmo-auth", login))).Status);
        var forbidden = await scene.SendAsync("GET", "/api/audit", login);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.Status);
        Assert.Contains("alice", forbidden.Text, StringComparison.Ordinal);
        Assert.Equal(1, issuer.KeyFetches);
    }

    [Fact]
    public async Task A_person_makes_tokens_of_their_own()
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd");
        var made = await scene.SendAsync("POST", $"/api/auth/access_token/user/mine?expires_at={day}", issuer.LogIn());
        Assert.Equal(HttpStatusCode.OK, made.Status);
        var listed = await scene.SendAsync("GET", "/api/auth/access_token/user", (string)made.Json!);
        Assert.Equal("alice", (string?)Assert.Single(listed.Json!.AsArray())!["user_name"]);
    }

    [Fact]
    public async Task Clients_are_told_where_to_log_in()
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        var told = (await scene.SendAsync("GET", "/api/auth/login")).Json!;
        Assert.Equal($"{issuer.Url}/device", (string?)told["device_endpoint"]);
        Assert.Equal($"{issuer.Url}/token", (string?)told["token_endpoint"]);
        Assert.Equal(TestIssuer.ClientId, (string?)told["device_client_id"]);
        Assert.True(told.AsObject().ContainsKey("logout_endpoint"));
    }

    [Theory]
    [InlineData("audience")]
    [InlineData("expired")]
    [InlineData("early")]
    [InlineData("unsigned")]
    [InlineData("unpublished")]
    [InlineData("shared secret")]
    [InlineData("nobody")]
    public async Task What_the_provider_did_not_sign_for_this_client_and_this_time_is_refused(string how)
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        if (how == "unpublished")
        {
            issuer.AddKey("k1", isPublished: false);
        }

        var login = issuer.LogIn(wanted =>
        {
            switch (how)
            {
                case "audience":
                    wanted.Audience = "another-client";
                    break;
                case "expired":
                    (wanted.NotBefore, wanted.Expires) = (wanted.NotBefore!.Value.AddHours(-2), wanted.Expires!.Value.AddHours(-2));
                    break;
                case "early":
                    (wanted.NotBefore, wanted.Expires) = (wanted.NotBefore!.Value.AddHours(2), wanted.Expires!.Value.AddHours(2));
                    break;
                case "unsigned":
                    wanted.SigningCredentials = null;
                    break;
                case "shared secret":
                    wanted.SigningCredentials = new SigningCredentials(
                        new SymmetricSecurityKey(new byte[64]) { KeyId = "k1" }, SecurityAlgorithms.HmacSha256);
                    break;
                case "nobody":
                    wanted.Claims.Remove("preferred_username");
                    break;
            }
        });
        var refused = await scene.SendAsync("GET", "/api/backends", login);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Equal(how == "early", refused.Text.Contains("not valid yet: the clock", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/backends", AccessScene.AdminToken)).Status);
    }

    [Fact]
    public async Task A_stored_user_has_what_they_were_assigned_beside_what_the_provider_says_until_it_is_taken()
    {
        await using var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        var login = issuer.LogIn();
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.SendAsync("GET", "/api/audit", login)).Status);
        const string User = """{"id": "alice", "roles": ["osmo-admin"]}""";
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("POST", "/api/auth/user", AccessScene.AdminToken, User)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/audit", login)).Status);
        await scene.SendAsync("DELETE", "/api/auth/user/alice/roles/osmo-admin", AccessScene.AdminToken);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.SendAsync("GET", "/api/audit", login)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/backends", login)).Status);
    }

    [Fact]
    public async Task While_the_provider_is_away_others_come_in_and_its_people_are_told()
    {
        var issuer = await TestIssuer.StartAsync(Cancel);
        await using var scene = await StartAsync(issuer);
        var login = issuer.LogIn();
        await issuer.DisposeAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await scene.SendAsync("GET", "/api/backends", login)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await scene.SendAsync("GET", "/api/auth/login")).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", "/api/backends", AccessScene.AdminToken)).Status);
    }

    [Fact]
    public async Task A_provider_without_tokens_from_files_is_refused_at_the_start()
    {
        var failure = await Assert.ThrowsAsync<Osmo.Domain.Errors.OsmoException>(() => RunningServer.StartAsync(
            options => options.Oidc = new OidcOptions { Issuer = new Uri("https://login.example.com"), ClientId = "x" }));
        Assert.Contains("--admin-token-file", failure.Message, StringComparison.Ordinal);
    }

    private static Task<AccessScene> StartAsync(TestIssuer issuer) => AccessScene.StartAsync(options => options.Oidc = new OidcOptions
    {
        Issuer = new Uri(issuer.Url),
        ClientId = TestIssuer.ClientId,
        RolesClaim = "realm_access.roles",
    });
}
