using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Osmo.Access.Tokens;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Which credentials a running gateway takes, and when it stops taking them.</summary>
public sealed class CredentialTests
{
    private const string Guarded = "/api/configs/backend";

    [Fact]
    public async Task A_token_and_its_login_are_taken_from_either_header()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("reader", "osmo-backend");
        var login = await scene.LogInAsync(token);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, login)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, headers: ("x-osmo-auth", login))).Status);
    }

    [Theory]
    [InlineData("x-osmo-user", "admin")]
    [InlineData("x-osmo-roles", "osmo-admin")]
    [InlineData("x-osmo-auth-skip", "true")]
    [InlineData("Authorization", "Basic YWRtaW46YWRtaW4tdG9rZW4tZm9yLXRlc3Rz")]
    public async Task What_a_header_only_claims_is_not_believed(string header, string value)
    {
        await using var scene = await AccessScene.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync("GET", Guarded, headers: (header, value))).Status);
        var token = await scene.CreateTokenAsync("reader", "osmo-backend");
        if (header != "Authorization")
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await scene.SendAsync("GET", "/api/audit", token, headers: (header, value))).Status);
        }
    }

    [Fact]
    public async Task An_expired_token_is_refused_everywhere_and_told_so()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.PlantExpiredTokenAsync("old", "osmo-admin");
        var refused = await scene.SendAsync("GET", Guarded, token);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Contains("expired", refused.Text, StringComparison.Ordinal);
        var exchange = await scene.SendAsync("GET", $"/api/auth/jwt/access_token?access_token={token}");
        Assert.Equal(HttpStatusCode.BadRequest, exchange.Status);
        Assert.Equal("Access Token has expired", (string?)exchange.Json!["message"]);
    }

    [Fact]
    public async Task A_deleted_token_ends_its_logins_and_cuts_its_agent_off()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("agent-1", "osmo-backend");
        var login = await scene.LogInAsync(token);
        await using var agent = await ScriptedAgent.JoinAsync(scene.Server.Url, "east", token: login);

        Assert.Equal(HttpStatusCode.OK, (await scene.DeleteTokenAsync("agent-1")).Status);

        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync("GET", Guarded, token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync("GET", Guarded, login)).Status);
        await Eventually.HoldsAsync(() => agent.Ended, "the end of the agent's connection");
        await Assert.ThrowsAsync<WebSocketException>(() => ScriptedAgent.JoinAsync(scene.Server.Url, "east", token: token));
    }

    [Fact]
    public async Task Rotation_leaves_logins_valid_and_revocation_of_a_key_does_not()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("reader", "osmo-backend");
        var old = await scene.LogInAsync(token);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("POST", "/api/auth/keys/rotate", AccessScene.AdminToken)).Status);
        var fresh = await scene.LogInAsync(token);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, old)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, fresh)).Status);

        var published = (await scene.SendAsync("GET", "/api/auth/keys")).Json!["keys"]!.AsArray();
        Assert.Equal(2, published.Count);
        Assert.All(
            published, key => Assert.Equal(["alg", "e", "kid", "kty", "n", "use"], key!.AsObject().Select(field => field.Key).Order()));
        foreach (var key in published)
        {
            var path = $"/api/auth/keys/{(string)key!["kid"]!}";
            Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("DELETE", path, AccessScene.AdminToken)).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync("GET", Guarded, old)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync("GET", Guarded, fresh)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, await scene.LogInAsync(token))).Status);
    }

    [Fact]
    public async Task Wrong_logins_are_limited_and_lock_nobody_out()
    {
        await using var scene = await AccessScene.StartAsync();
        var token = await scene.CreateTokenAsync("reader", "osmo-backend");
        var statuses = new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var wrong = TokenText.Create();
            var answer = i % 2 == 0
                ? await scene.SendAsync("GET", Guarded, wrong)
                : await scene.SendAsync("POST", "/api/auth/jwt/access_token", body: $$"""{"token":"{{wrong}}"}""");
            statuses.Add(answer.Status);
            if (i % 500 == 0)
            {
                // The same address, in the middle of it all, with a token that is right.
                Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("GET", Guarded, token)).Status);
                Assert.NotEmpty(await scene.LogInAsync(token));
            }
        });
        var limited = statuses.Count(status => status == HttpStatusCode.TooManyRequests);
        Assert.True(limited > 9_000, $"only {limited} of {statuses.Count} were limited");
        Assert.DoesNotContain(HttpStatusCode.OK, statuses);
    }

    [Fact]
    public async Task Nobody_gives_roles_that_they_do_not_have()
    {
        await using var scene = await AccessScene.StartAsync();
        var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd");
        var user = await scene.CreateTokenAsync("person", "osmo-user");
        var refused = await scene.SendAsync("POST", $"/api/auth/access_token/mine?expires_at={day}&roles=osmo-admin", user);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("osmo-admin", refused.Text, StringComparison.Ordinal);

        var mine = await scene.SendAsync("POST", $"/api/auth/access_token/mine?expires_at={day}", user);
        Assert.Equal(HttpStatusCode.OK, mine.Status);
        var listed = (await scene.SendAsync("GET", "/api/auth/access_token", user)).Json!.AsArray();
        Assert.Equal(["osmo-user"], Assert.Single(listed)!["roles"]!.AsArray().Select(role => (string?)role));
        Assert.Equal("person", (string?)listed[0]!["user_name"]);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync("DELETE", "/api/auth/access_token/mine", user)).Status);
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_trail_with_who_and_from_where()
    {
        await using var scene = await AccessScene.StartAsync();
        await scene.CreateTokenAsync("t1", "osmo-backend");
        await using var agent = await ScriptedAgent.JoinAsync(scene.Server.Url, "east", token: AccessScene.AgentToken);
        const string Change = """{"configs":{"description":"x"}}""";
        var changed = await scene.SendAsync("POST", "/api/configs/backend/east", AccessScene.AdminToken, Change);
        Assert.Equal(HttpStatusCode.OK, changed.Status);
        await scene.SendAsync("POST", "/api/configs/backend/none", AccessScene.AdminToken, Change);
        JsonArray? found = null;
        await Eventually.AgreesAsync(
            async () =>
            {
                found = (await scene.SendAsync("GET", "/api/audit", AccessScene.AdminToken)).Json!["events"]!.AsArray();
                return found.Count >= 2 ? null : $"{found.Count} events";
            },
            "two events");
        var events = found!.Select(item =>
            $"{item!["username"]} {item["action"]} {item["target"]} {item["address"]} {(string?)item["request_id"] is { Length: > 0 }}");
        Assert.Equal(
            ["admin POST /api/configs/backend/east 127.0.0.1 True", "admin create token/service/t1 127.0.0.1 True"], events);
    }
}
