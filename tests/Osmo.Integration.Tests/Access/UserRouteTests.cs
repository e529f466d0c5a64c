using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Users and their roles, as OSMO's clients manage them.</summary>
public sealed class UserRouteTests : IAsyncLifetime
{
    private const string Admin = AccessScene.AdminToken;

    private AccessScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await AccessScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Theory]
    [InlineData("/api/auth/user")]
    [InlineData("/api/auth/users")]
    public async Task A_user_is_made_shown_listed_and_deleted(string root)
    {
        var made = await OkAsync("POST", root, """{"id": "alice@example.com", "roles": ["osmo-user"]}""");
        Assert.Equal("alice@example.com", (string?)made!["id"]);
        await OkAsync("POST", root, """{"id": "bob"}""");
        Assert.Equal(HttpStatusCode.BadRequest, (await _scene.SendAsync("POST", root, Admin, """{"id": "bob"}""")).Status);

        var shown = await OkAsync("GET", $"{root}/alice@example.com");
        var role = Assert.Single(shown!["roles"]!.AsArray())!;
        Assert.Equal(("osmo-user", "admin"), ((string?)role["role_name"], (string?)role["assigned_by"]));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$", (string?)role["assigned_at"]);
        Assert.Equal(["alice@example.com", "bob"], Ids(await OkAsync("GET", $"{root}?count=100")));
        Assert.Equal(["bob"], Ids(await OkAsync("GET", $"{root}?count=1&start_index=2")));
        Assert.Equal(["alice@example.com"], Ids(await OkAsync("GET", $"{root}?roles=osmo-user&roles=osmo-admin")));
        Assert.Equal(["bob"], Ids(await OkAsync("GET", $"{root}?id_prefix=b")));
        Assert.Equal(2, (int)(await OkAsync("GET", $"{root}?count=1"))!["total_results"]!);
        Assert.Equal("""["alice@example.com","bob"]""", (await OkAsync("GET", "/api/users"))!.ToJsonString());

        Assert.Null(await OkAsync("DELETE", $"{root}/bob"));
        Assert.Equal(HttpStatusCode.NotFound, (await _scene.SendAsync("DELETE", $"{root}/bob", Admin)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _scene.SendAsync("GET", $"{root}/bob", Admin)).Status);
        var trail = (await OkAsync("GET", "/api/audit"))!["events"]!.AsArray();
        Assert.Contains(trail, line => (string?)line!["target"] == "user/bob" && (string?)line["action"] == "delete");
    }

    [Fact]
    public async Task Roles_are_assigned_one_by_one_and_to_many_and_taken_away()
    {
        await OkAsync("POST", "/api/auth/user", """{"id": "a"}""");
        await OkAsync("POST", "/api/auth/user", """{"id": "b"}""");
        var assigned = await OkAsync("POST", "/api/auth/user/a/roles", """{"role_name": "osmo-user"}""");
        Assert.Equal("osmo-user", (string?)assigned!["role_name"]);
        await OkAsync("POST", "/api/auth/user/a/roles", """{"role_name": "osmo-user"}""");
        var many = await OkAsync("POST", "/api/auth/roles/osmo-user/users", """{"user_ids": ["a", "b"]}""");
        Assert.Equal(["a", "b"], many!["users"]!.AsArray().Select(user => (string?)user!["user_id"]));
        await OkAsync("DELETE", "/api/auth/user/a/roles/osmo-user");
        var left = (await OkAsync("GET", "/api/auth/roles/osmo-user/users"))!["users"]!.AsArray();
        Assert.Equal("b", (string?)Assert.Single(left)!["user_id"]);
        Assert.Empty((await OkAsync("GET", "/api/auth/user/a/roles"))!["roles"]!.AsArray());
    }

    [Theory]
    [InlineData("POST", "/api/auth/user", """{"id": "no spaces"}""", 422, "begins and ends with a letter")]
    [InlineData("POST", "/api/auth/user", """{"id": "x'); DROP TABLE access_user; --"}""", 422, "begins and ends with a letter")]
    [InlineData("POST", "/api/auth/user", """{"roles": []}""", 422, "id")]
    [InlineData("POST", "/api/auth/user", """{"id": "x", "roles": ["nosuch"]}""", 400, "Invalid role: nosuch")]
    [InlineData("POST", "/api/auth/user", """{"id": "x", "roles": "osmo-user"}""", 422, "list of texts")]
    [InlineData("POST", "/api/auth/user/nobody/roles", """{"role_name": "osmo-user"}""", 404, "nobody does not exist")]
    [InlineData("DELETE", "/api/auth/user/nobody/roles/osmo-user", null, 404, "nobody does not exist")]
    [InlineData("POST", "/api/auth/roles/osmo-user/users", """{"user_ids": []}""", 422, "user_ids")]
    [InlineData("GET", "/api/auth/user?count=0", null, 422, "count")]
    public async Task What_cannot_be_done_is_said(string method, string path, string? body, int status, string problem)
    {
        var answer = await _scene.SendAsync(method, path, Admin, body);
        Assert.Equal(status, (int)answer.Status);
        Assert.Contains(problem, (string)answer.Json!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_users_token_has_the_roles_that_the_user_has_now_and_dies_with_them()
    {
        var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd");
        await OkAsync("POST", "/api/auth/user", """{"id": "carol", "roles": ["osmo-user"]}""");
        var token = (string)(await OkAsync("POST", $"/api/auth/user/carol/access_token/t?expires_at={day}"))!;
        Assert.Equal(200, await AskAsync(token));
        var more = await _scene.SendAsync("POST", $"/api/auth/user/carol/access_token/u?expires_at={day}&roles=osmo-admin", Admin);
        Assert.Equal(HttpStatusCode.BadRequest, more.Status);
        Assert.Contains("carol does not have the role osmo-admin", more.Text, StringComparison.Ordinal);

        var login = await _scene.LogInAsync(token);
        await OkAsync("DELETE", "/api/auth/user/carol/roles/osmo-user");
        Assert.Equal((403, 403), (await AskAsync(token), await AskAsync(login)));
        await OkAsync("POST", "/api/auth/user/carol/roles", """{"role_name": "osmo-user"}""");
        Assert.Equal((200, 200), (await AskAsync(token), await AskAsync(login)));
        await OkAsync("DELETE", "/api/auth/user/carol");
        Assert.Equal((401, 401), (await AskAsync(token), await AskAsync(login)));
    }

    [Fact]
    public async Task Who_may_manage_users_gives_no_roles_that_they_do_not_have()
    {
        const string Role = """
            {"configs": {"name": "hr", "description": "", "policies": [{"actions": ["http:/api/auth/user*:*"]}], "immutable": false}}
            """;
        await OkAsync("PUT", "/api/configs/role/hr", Role);
        var token = await _scene.CreateTokenAsync("hr-desk", "hr");
        Assert.Equal(HttpStatusCode.OK, (await _scene.SendAsync("POST", "/api/auth/user", token, """{"id": "dan"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await RoleAsync("hr")).Status);
        var foreign = await RoleAsync("osmo-admin");
        Assert.Equal(HttpStatusCode.BadRequest, foreign.Status);
        Assert.Contains("cannot give the role osmo-admin", foreign.Text, StringComparison.Ordinal);

        Task<AccessScene.Answer> RoleAsync(string name) =>
            _scene.SendAsync("POST", "/api/auth/user/dan/roles", token, new JsonObject { ["role_name"] = name }.ToJsonString());
    }

    [Theory]
    [InlineData("GET", "/api/workflow?limit=20&offset=0", "no workflows")]
    [InlineData("GET", "/api/task", "no workflows")]
    [InlineData("GET", "/api/bucket", "no buckets")]
    [InlineData("DELETE", "/api/credentials/mine", "no credentials")]
    [InlineData("GET", "/api/auth/jwt/refresh_token", "no log-ins of workflows")]
    public async Task What_other_services_are_for_is_said(string method, string path, string problem)
    {
        var answer = await _scene.SendAsync(method, path, Admin);
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("USER", (string?)answer.Json!["error_code"]);
        Assert.Contains($"This service has {problem}", (string)answer.Json["message"]!, StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Ids(JsonNode? page) => page!["users"]!.AsArray().Select(user => (string?)user!["id"]);

    private async Task<int> AskAsync(string credential) => (int)(await _scene.SendAsync("GET", "/api/backends", credential)).Status;

    private async Task<JsonNode?> OkAsync(string method, string path, string? body = null)
    {
        var answer = await _scene.SendAsync(method, path, Admin, body);
        Assert.True(answer.Status == HttpStatusCode.OK, $"{method} {path}: {answer.Text}");
        return answer.Json;
    }
}
