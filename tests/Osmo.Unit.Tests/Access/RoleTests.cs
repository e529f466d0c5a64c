using System.Text.Json;
using Osmo.Access.Roles;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Access;

/// <summary>What patterns match, which roles are read, and which cannot be lost.</summary>
public sealed class RoleTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "/a/b", true)]
    [InlineData("/a/*/c", "/a/b/d/c", true)]
    [InlineData("/a/*/c", "/a/c", false)]
    [InlineData("/a/*/*/B", "/a/node/backend/B", true)]
    [InlineData("/a/*/*/B", "/a/node/backend/B2", false)]
    [InlineData("/a/*b*c*", "/a/xxbxbxcx", true)]
    [InlineData("/a?", "/ab", true)]
    [InlineData("/a?", "/a", false)]
    [InlineData("/[a-c]x", "/bx", true)]
    [InlineData("/[a-c]x", "/dx", false)]
    [InlineData("/[!a-c]x", "/dx", true)]
    [InlineData("/[!a-c]x", "/ax", false)]
    [InlineData("/[]]x", "/]x", true)]
    [InlineData("/[!]]x", "/]x", false)]
    [InlineData("/[ax", "/[ax", true)]
    [InlineData("/[", "/[", true)]
    [InlineData("/[!", "/[!", true)]
    [InlineData("/A", "/a", false)]
    [InlineData("/a", "/ab", false)]
    public void A_pattern_matches_whole_paths_as_a_shell_does(string pattern, string path, bool matches) =>
        Assert.Equal(matches, new PathPattern(pattern).Matches(path));

    [Fact]
    public void A_pattern_of_many_stars_ends()
    {
        var pattern = new PathPattern(string.Concat(Enumerable.Repeat("*a", 200)) + "b");
        Assert.False(pattern.Matches(new string('a', 2_000)));
    }

    [Theory]
    [InlineData("http:/api/x/*:get", "http:/api/x/*:Get")]
    [InlineData("http:!/api/x:WEBSOCKET", "http:!/api/x:Websocket")]
    [InlineData("http:*:*", "http:*:*")]
    public void An_action_is_stored_with_its_method_capitalised(string text, string stored) =>
        Assert.Equal(stored, RoleAction.Parse(text).ToString());

    [Theory]
    [InlineData("/api/x:get")]
    [InlineData("https:/api/x:get")]
    [InlineData("http:api/x:get")]
    [InlineData("http:/api/x:fetch")]
    [InlineData("http:/api:x:get")]
    [InlineData("http:!:get")]
    [InlineData("http:/api/x")]
    [InlineData("")]
    public void What_is_no_action_is_refused_with_what_to_write(string text)
    {
        var failure = Assert.Throws<OsmoException>(() => RoleAction.Parse(text));
        Assert.Equal(ErrorCode.Invalid, failure.Code);
    }

    [Fact]
    public void A_bad_role_names_every_field_at_fault()
    {
        const string Json =
            """{"name":"1x","description":3,"policies":[{"actions":["http:/a:get",{"base":"http","path":"x","method":"Get"}]},7]}""";
        var failure = Assert.Throws<OsmoException>(() => RoleJson.Read(JsonDocument.Parse(Json).RootElement, "configs[1]"));
        Assert.Equal(
            ["configs[1].description", "configs[1].name", "configs[1].policies[0].actions[1]", "configs[1].policies[1]"],
            failure.Fields.Select(field => field.Field).Order(StringComparer.Ordinal));
    }

    /// <summary>The role that OSMO's command line writes today for the agent of one backend.</summary>
    [Fact]
    public void OSMOs_role_for_one_backend_lets_that_backends_agent_in_and_no_other()
    {
        const string Json =
            """
            {"name":"r","policies":[
              {"effect":"Allow","actions":["internal:Operator","pool:List","config:Read"],"resources":["backend/b1"]}]}
            """;
        var table = new RoleTable([RoleJson.Read(JsonDocument.Parse(Json).RootElement)]);
        foreach (var (method, path) in new[]
        {
            ("WEBSOCKET", "/api/agent/listener/node/backend/"), ("WEBSOCKET", "/api/agent/worker/backend/"),
            ("WEBSOCKET", "/api/agent/channel/backend/"), ("GET", "/api/configs/backend/"),
        })
        {
            Assert.True(table.Allows(["r"], method, path + "b1"), path);
            Assert.False(table.Allows(["r"], method, path + "b2"), path);
            Assert.False(table.Allows(["r"], method, path + "b1/x"), path);
        }

        Assert.True(table.Allows(["r"], "GET", "/api/pool"));
        Assert.False(table.Allows(["r"], "POST", "/api/configs/backend/b1"));
    }

    [Theory]
    [InlineData("""{"actions":["config:Read"]}""", "policies[0].actions[0]")]
    [InlineData("""{"actions":["config:Read"],"resources":["pool/p"]}""", "policies[0].actions[0]")]
    [InlineData("""{"actions":["config:Read"],"resources":["backend/a[b]"]}""", "policies[0].actions[0]")]
    [InlineData("""{"actions":["workflow:*"],"resources":["backend/b"]}""", "policies[0].actions[0]")]
    [InlineData("""{"actions":[],"resources":[1]}""", "policies[0].resources[0]")]
    [InlineData("""{"actions":["http:/a:Get"],"effect":"Deny"}""", "policies[0].effect")]
    public void What_OSMOs_policies_have_and_this_server_has_not_is_refused(string policy, string field)
    {
        var json = JsonDocument.Parse($$"""{"name":"r","policies":[{{policy}}]}""").RootElement;
        var failure = Assert.Throws<OsmoException>(() => RoleJson.Read(json));
        Assert.Equal(field, Assert.Single(failure.Fields).Field);
    }

    [Fact]
    public void Everybody_has_the_default_role_and_unknown_roles_allow_nothing()
    {
        Assert.True(RoleTable.Preassigned.Allows([], "GET", "/api/version"));
        Assert.False(RoleTable.Preassigned.Allows(["nobody", " osmo-admin"], "GET", "/api/configs/role"));
        Assert.True(RoleTable.Preassigned.Allows(["nobody", "osmo-admin"], "GET", "/api/configs/role"));
        Assert.False(RoleTable.Preassigned.Allows(["osmo-admin"], "WEBSOCKET", "/api/agent/channel/backend/east"));
        Assert.True(RoleTable.Preassigned.Allows(["osmo-backend"], "WEBSOCKET", "/api/agent/channel/backend/east"));
    }

    [Fact]
    public void Protected_roles_come_back_and_default_actions_too()
    {
        var stripped = PreassignedRoles.All.First(role => role.Name == PreassignedRoles.Backend) with { Policies = [] };
        var own = new Role("mine", "", [new RolePolicy([RoleAction.Parse("http:/api/x:Get")])]);
        var complete = PreassignedRoles.Complete([stripped, own]);

        Assert.Equal(["mine", "osmo-admin", "osmo-backend", "osmo-default"], complete.Select(role => role.Name).Order());
        Assert.True(complete.First(role => role.Name == PreassignedRoles.Backend).Allows("GET", "/api/configs/backend/east"));
        Assert.Same(complete, PreassignedRoles.Complete(complete));
    }
}
