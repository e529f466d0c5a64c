using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary><c>osmo token</c>, <c>pool</c>, <c>resource</c> and <c>version</c>: requests and outputs as the guides have them.</summary>
public sealed class TokenPoolResourceTests
{
    private const string Tokens = """
        [{"user_name":"t","token_name":"isaac-token","expires_at":"2999-01-31T00:00:00","description":"Agent","access_type":"SERVICE",
          "roles":["osmo-backend","x"]},
         {"user_name":"t","token_name":"old","expires_at":"2020-01-31T00:00:00","description":"","access_type":"SERVICE","roles":[]}]
        """;

    [Fact]
    public async Task The_guides_token_is_made_shown_once_listed_and_deleted()
    {
        await using var gateway = new ScriptedGateway()
            .On("POST /api/auth/access_token", "\"0123abc\"")
            .On("GET /api/auth/access_token/service", Tokens)
            .On("GET /api/auth/access_token/user", "[]")
            .On("DELETE /api/auth/access_token", "null");
        using var user = new OsmoUser(gateway.Url);

        var set = await user.RunAsync(
            "token", "set", "isaac-token", "--expires-at", "2027-1-31", "--description", "My Access Token for Backend isaac",
            "--service", "--roles", "osmo-backend");
        var json = await user.RunAsync("token", "set", "mine", "--expires-at", "2027-01-31", "-t", "json");
        var list = await user.RunAsync("token", "list", "--service");
        var none = await user.RunAsync("token", "list");
        var delete = await user.RunAsync("token", "delete", "isaac-token", "--service");

        Assert.Equal(
            "Note: Save the token in a secure location as it will not be shown again\nAccess token: 0123abc\n", set.Out);
        Assert.Equal("{\n  \"token\": \"0123abc\"\n}\n", json.Out);
        Assert.Equal(
            """
            Name          Description   Roles             Active    Expires At (UTC)
            ========================================================================
            isaac-token   Agent         osmo-backend, x   Active    2999-01-31
            old                                           Expired   2020-01-31


            """,
            list.Out);
        Assert.Equal("No tokens found\n", none.Out);
        Assert.Equal("Access token isaac-token deleted\n", delete.Out);
        Assert.Equal(
            [
                "POST /api/auth/access_token/service/isaac-token?expires_at=2027-01-31"
                    + "&description=My%20Access%20Token%20for%20Backend%20isaac&roles=osmo-backend ",
                "POST /api/auth/access_token/user/mine?expires_at=2027-01-31 ",
                "DELETE /api/auth/access_token/service/isaac-token ",
            ],
            gateway.Changes.Select(request => $"{request.Method} {request.PathAndQuery} {request.Body}"));
    }

    [Theory]
    [InlineData("cannot be a token's name", "9lives")]
    [InlineData("Say which roles", "a", "--service")]
    [InlineData("--roles are for a --service's token only", "a", "--roles", "r")]
    [InlineData("is no day", "a", "--expires-at", "tomorrow")]
    public async Task What_cannot_be_a_token_is_not_sent(string problem, params string[] args)
    {
        using var user = new OsmoUser();
        var set = await user.RunAsync(["token", "set", .. args]);
        Assert.Equal(2, set.ExitCode);
        Assert.Contains(problem, set.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pools_are_listed_with_a_sum()
    {
        const string Usage = """
            {"quota_used":"1","quota_free":"3","quota_limit":"4","total_usage":"5","total_capacity":"8","total_free":"3"}
            """;
        await using var gateway = new ScriptedGateway().On("GET /api/pool_quota", $$"""
            {"node_sets":[{"pools":[{"name":"a","description":"First","status":"ONLINE","resource_usage":{{Usage}}}]},
                          {"pools":[{"name":"b","description":"","status":"OFFLINE","resource_usage":{{Usage}}}]}],
             "resource_sum":{"quota_used":"2","quota_free":"6","quota_limit":"8","total_usage":"10","total_capacity":"16","total_free":"6"} }
            """);
        using var user = new OsmoUser(gateway.Url);

        var list = await user.RunAsync("pool", "list");
        var free = await user.RunAsync("pool", "list", "-p", "a", "b", "-m", "free");

        Assert.Equal(
            """
            Pool   Description   Status    Quota Used   Quota Limit   Total Usage   Total Capacity
            ======================================================================================
            a      First         ONLINE    1            4             5             8
            b                    OFFLINE   1            4             5             8
            Sum                            2            8             10            16

            """,
            list.Out);
        Assert.Contains("Sum                            6            6\n", free.Out, StringComparison.Ordinal);
        Assert.Equal("/api/pool_quota?pools=a&pools=b", gateway.Requests[^1].PathAndQuery);
    }

    [Fact]
    public async Task Resources_show_used_rounded_up_of_capacity_rounded_down()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/profile/settings", """{"profile":{"pool":"a"},"pools":["a"]}""")
            .On("GET /api/pool", """{"pools":{"a":{}}}""")
            .On("GET /api/resources", """
                {"resources":[{"hostname":"n1","exposed_fields":{"node":"n1"},"resource_type":"RESERVED",
                  "usage_fields":{"storage":"1Mi","cpu":"1500m","memory":"1Gi","gpu":"2"},
                  "allocatable_fields":{"cpu":"9"},
                  "platform_allocatable_fields":{"a":{"dgx":{"storage":"100","cpu":"63900m","memory":"1048575Mi","gpu":"8"}}},
                  "pool_platform_labels":{"a":["dgx"]}}]}
                """);
        using var user = new OsmoUser(gateway.Url);

        var list = await user.RunAsync("resource", "list");
        var info = await user.RunAsync("resource", "info", "n1", "-p", "other");
        var unknown = await user.RunAsync("resource", "list", "-p", "b");

        Assert.Equal(
            """
            Node   Pool   Platform   Type       Storage [Gi]   CPU [#]   Memory [Gi]   GPU [#]
            ==================================================================================
            n1     a      dgx        RESERVED   1/100          2/63      1/1023        2/8

            """,
            list.Out);
        Assert.Equal("There are no available resources.\n", info.Out);
        Assert.Equal((1, "osmo: There is no pool \"b\"; did you mean \"a\"?\n"), (unknown.ExitCode, unknown.Error));
    }

    [Fact]
    public async Task Version_tells_the_gateways_where_it_answers_and_is_silent_where_not()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/version", """{"major":"1","minor":"0","revision":"7","hash":""}""");
        using var user = new OsmoUser(gateway.Url);

        var version = await user.RunAsync("version");
        var away = await user.RunAsync("version", "--server", "http://127.0.0.1:1");

        Assert.Matches(@"^OSMO client version:  \d+\.\d+\.\d+\nOSMO service version: 1\.0\.7\n$", version.Out);
        Assert.Matches(@"^OSMO client version:  \d+\.\d+\.\d+\n$", away.Out);
        Assert.Equal((0, ""), (away.ExitCode, away.Error));
    }

    [Theory]
    [InlineData(400, """{"message":"no","error_code":"USER","workflow_id":null}""", 1, "osmo: no\n")]
    [InlineData(403, """{"message":"Forbidden","error_code":403}""", 1, "osmo: Forbidden\n")]
    [InlineData(429, """{"detail":"slow down"}""", 75, "osmo: slow down\n")]
    [InlineData(500, """{"detail":"oh"}""", 10, "osmo: oh\n")]
    [InlineData(502, "<html>", 10, "osmo: The gateway answered 502 (BadGateway) without saying why.\n")]
    public async Task Exit_codes_tell_who_has_to_do_something(int status, string body, int exitCode, string error)
    {
        await using var gateway = new ScriptedGateway().On("GET /", body, status);
        using var user = new OsmoUser(gateway.Url);

        var list = await user.RunAsync("backend", "list");

        Assert.Equal((exitCode, error), (list.ExitCode, list.Error));
    }
}
