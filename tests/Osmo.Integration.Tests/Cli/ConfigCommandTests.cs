using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>What <c>osmo config</c> asks, and what it prints, format by format.</summary>
public sealed class ConfigCommandTests
{
    private const string History = """
        {"configs":[
          {"config_type":"ROLE","name":"","revision":1,"username":"system","created_at":"2026-11-21T18:32:00",
           "description":"Initial configuration","tags":["initial-config"],"data":null},
          {"config_type":"BACKEND","name":"isaac","revision":4,"username":"admin","created_at":"2026-11-21T18:37:31.961690",
           "description":"urls","tags":["test","doc"],"data":null}]}
        """;

    private const string Role = """
        [{"name":"osmo-user","description":"Users","policies":[{"actions":["http:/api/pool:*"]}],"immutable":false}]
        """;

    [Fact]
    public async Task List_shows_the_newest_revision_of_each_type_by_name()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/history", History);
        using var user = new OsmoUser(gateway.Url);

        var list = await user.RunAsync("config", "list");

        Assert.Equal(
            """
            Config Type   Revision   Username   Created At
            ==========================================================
            BACKEND       4          admin      Nov 21, 2026 18:37 UTC
            ROLE          1          system     Nov 21, 2026 18:32 UTC

            """,
            list.Out);
        Assert.Equal((0, ""), (list.ExitCode, list.Error));
        Assert.StartsWith(
            "/api/configs/history?omit_data=True&at_timestamp=9999-12-31T", gateway.Requests[0].PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_shows_names_and_tags_and_passes_its_filters_on()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/history", History);
        using var user = new OsmoUser(gateway.Url) { ["TZ"] = "Etc/GMT-2" };

        var history = await user.RunAsync(
            "config", "history", "backend", "--order", "desc", "--limit", "5", "--tags", "a b", "c",
            "--created-after", "2026-11-21T10:00");

        Assert.Equal(
            """
            Config Type   Name    Revision   Username   Created At                  Description             Tags
            ==============================================================================================================
            ROLE          -       1          system     Nov 21, 2026 20:32 +02:00   Initial configuration   initial-config
            BACKEND       isaac   4          admin      Nov 21, 2026 20:37 +02:00   urls                    doc, test

            """,
            history.Out);
        Assert.Equal(
            "/api/configs/history?omit_data=True&offset=0&limit=5&order=DESC&config_types=BACKEND&tags=a%20b&tags=c"
            + "&created_after=2026-11-21T08%3A00%3A00",
            gateway.Requests[0].PathAndQuery);
    }

    [Theory]
    [InlineData(
        "json",
        "[\n  {\n    \"name\": \"osmo-user\",\n    \"description\": \"Users\",\n    \"policies\": [\n      {\n"
        + "        \"actions\": [\n          \"http:/api/pool:*\"\n        ]\n      }\n    ],\n    \"immutable\": false\n  }\n]\n")]
    [InlineData(
        "yaml", "- name: osmo-user\n  description: Users\n  policies:\n    - actions:\n        - http:/api/pool:*\n  immutable: false\n")]
    [InlineData("name", "role/osmo-user\n")]
    public async Task Show_writes_every_format(string format, string expected)
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/role", Role);
        using var user = new OsmoUser(gateway.Url);

        var show = await user.RunAsync("config", "show", "ROLE", "-o", format);

        Assert.Equal((0, "", expected), (show.ExitCode, show.Error, show.Out));
    }

    [Fact]
    public async Task Where_there_is_nothing_show_prints_the_guides_empty_table()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/backend", """{"backends":[]}""");
        using var user = new OsmoUser(gateway.Url);

        Assert.Equal("Key   Value\n===========\n", (await user.RunAsync("config", "show", "BACKEND")).Out);
        Assert.Equal("[]\n", (await user.RunAsync("config", "show", "BACKEND", "-t", "json")).Out);
    }

    [Fact]
    public async Task Show_reads_a_part_of_a_revision()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/history", """{"configs":[{"revision":3,"data":{"pools":{"a":{"platforms":["x","y"]}}}}]}""");
        using var user = new OsmoUser(gateway.Url);

        Assert.Equal("\"y\"\n", (await user.RunAsync("config", "show", "POOL:3", "a", "platforms", "1")).Out);
        var missing = await user.RunAsync("config", "show", "POOL:3", "a", "platform");
        Assert.Equal("osmo: Config name \"platform\" not found in POOL a; did you mean \"platforms\"?\n", missing.Error);
        Assert.Equal(1, missing.ExitCode);
    }

    [Fact]
    public async Task Diff_compares_the_newest_two_where_no_revision_is_named()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/history", """{"configs":[{"revision":9},{"revision":7}]}""")
            .On("GET /api/configs/diff", """{"first_data":{"a":1,"b":[1],"c":3},"second_data":{"a":2,"b":[1],"c":3}}""");
        using var user = new OsmoUser(gateway.Url);

        var diff = await user.RunAsync("config", "diff", "workflow");

        Assert.Equal(
            """
            --- WORKFLOW:7
            +++ WORKFLOW:9
            @@ -1,5 +1,5 @@
             {
            -  "a": 1,
            +  "a": 2,
               "b": [
                 1
               ],

            """,
            diff.Out);
        Assert.Equal("/api/configs/diff?config_type=WORKFLOW&first_revision=7&second_revision=9", gateway.Requests[^1].PathAndQuery);
    }

    [Fact]
    public async Task Tag_rollback_and_delete_send_what_the_protocol_says()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/history", """{"configs":[{"revision":9}]}""")
            .On("POST /api/configs/history", "null")
            .On("DELETE /api/configs", "null");
        using var user = new OsmoUser(gateway.Url);

        Assert.Equal(
            "Successfully updated tags for BACKEND\n",
            (await user.RunAsync("config", "tag", "BACKEND", "--set", "a", "b", "--delete", "c")).Out);
        Assert.Equal(
            "Successfully rolled back ROLE to revision 3.\n",
            (await user.RunAsync("config", "rollback", "ROLE:3", "--description", "why", "--tags", "t")).Out);
        Assert.Equal(
            "Successfully deleted BACKEND config \"is/aac\"\n",
            (await user.RunAsync("config", "delete", "BACKEND", "is/aac", "--description", "gone")).Out);
        Assert.Equal("Successfully deleted revision 5 of POOL config\n", (await user.RunAsync("config", "delete", "POOL:5")).Out);

        Assert.Equal(
            [
                """POST /api/configs/history/backend/revision/9/tags {"set_tags":["a","b"],"delete_tags":["c"]}""",
                """POST /api/configs/history/rollback {"description":"why","tags":["t"],"revision":3,"config_type":"ROLE"}""",
                """DELETE /api/configs/backend/is%2Faac {"description":"gone"}""",
                "DELETE /api/configs/history/pool/revision/5 ",
            ],
            gateway.Changes.Select(request => $"{request.Method} {request.PathAndQuery} {request.Body}"));
        Assert.All(gateway.Changes, request => Assert.True(Guid.TryParse(request.Headers["Idempotency-Key"], out _)));
    }

    [Fact]
    public async Task Set_makes_a_role_for_one_backend()
    {
        await using var gateway = new ScriptedGateway().On("PUT /api/configs/role/agent", "null");
        using var user = new OsmoUser(gateway.Url);

        var set = await user.RunAsync("config", "set", "ROLE", "agent", "backend", "--field", "isaac");

        Assert.Equal((0, "Successfully set ROLE config \"agent\"\n"), (set.ExitCode, set.Out));
        var actions = gateway.Changes[0].Json!["configs"]!["policies"]![0]!["actions"]!.AsArray().Select(action => (string?)action);
        Assert.Contains("http:/api/agent/channel/backend/isaac:*", actions);
        Assert.Equal(2, (await user.RunAsync("config", "set", "ROLE", "agent", "backend")).ExitCode);
        Assert.Equal(2, (await user.RunAsync("config", "set", "ROLE", "nopool", "pool")).ExitCode);
        Assert.Single(gateway.Changes);
    }

    [Theory]
    [InlineData("WORKFLOW", null, """{"a":{"b":2,"c":1},"d":[1]}""", """PATCH /api/configs/workflow {"configs_dict":{"a":{"b":2}}}""")]
    [InlineData("POOL", "p", """{"a":{"b":2}}""", """PATCH /api/configs/pool/p {"configs_dict":{"a":{"b":2}}}""")]
    [InlineData("ROLE", "r", """{"a":{"b":2}}""", """PUT /api/configs/role/r {"configs":{"a":{"b":2}}}""")]
    [InlineData(
        "RESOURCE_VALIDATION", null, """{"a":{"b":2}}""", """PUT /api/configs/resource_validation {"configs_dict":{"a":{"b":2}}}""")]
    [InlineData("BACKEND", "b", """{"a":{"b":2},"d":[1]}""", """POST /api/configs/backend/b {"configs":{"a":{"b":2}}}""")]
    public async Task Update_sends_what_changed_as_its_type_takes_it(string type, string? name, string file, string sent)
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs", """{"a":{"b":1,"c":1},"d":[1]}""")
            .On("PATCH /", "null").On("PUT /", "null").On("POST /", "null");
        using var user = new OsmoUser(gateway.Url);
        string[] command = ["config", "update", type, .. name is null ? [] : new[] { name }, "--file", "-"];

        var update = await user.RunWithInputAsync(file, command);
        var same = await user.RunWithInputAsync("""{"d":[1]}""", command[..^1].Append("-").ToArray());

        Assert.Equal((0, "", $"Successfully updated {type} config\n"), (update.ExitCode, update.Error, update.Out));
        var change = gateway.Changes[0];
        Assert.Equal(sent, $"{change.Method} {change.PathAndQuery} {change.Body}");
        Assert.Equal(0, same.ExitCode);
        if (!sent.StartsWith("PUT", StringComparison.Ordinal))
        {
            Assert.Equal("No changes were made to the config.\n", same.Out);
            Assert.Single(gateway.Changes);
        }
    }

    [Theory]
    [InlineData("{\"a\": 1,\n \"b\": }", "", "not valid JSON (line 2, byte 7)")]
    [InlineData("a: 1\n b: 2\n", "", "line 2, column 3")]
    [InlineData("node_conditions:\n  ignore_conditions: []\n", ":2:3: ", "ignore_conditions is not a known field")]
    [InlineData("{\n  \"descripton\": \"x\"\n}", ":2:3: ", "descripton is not a known field; did you mean \"description\"?")]
    [InlineData("[1]", "", "a configuration is an object")]
    [InlineData("a: 1\n---\nb: 2\n", "", "holds 2 documents")]
    public async Task A_bad_file_is_told_with_its_line_and_column_and_nothing_is_sent(string text, string where, string what)
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/backend/b", """{"description":"","node_conditions":{"ignore_node_conditions":[]}}""");
        using var user = new OsmoUser(gateway.Url);
        var file = user.Write("file", text);

        var update = await user.RunAsync("config", "update", "BACKEND", "b", "--file", file);

        Assert.Equal((1, ""), (update.ExitCode, update.Out));
        Assert.Contains(file + where, update.Error, StringComparison.Ordinal);
        Assert.Contains(what, update.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Changes);
    }

    [Fact]
    public async Task What_a_gateway_finds_wrong_is_told_with_its_line_and_column()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/workflow", """{"max":1,"list":[]}""")
            .On("PATCH /api/configs/workflow", """
                {"detail":"max: too much.","code":"Invalid","errors":[
                  {"field":"max","message":"too much."},{"field":"list[1]","message":"no."}]}
                """, status: 422);
        using var user = new OsmoUser(gateway.Url);
        var file = user.Write("w.yaml", "# more\nmax: 5\nlist:\n  - a\n  - b\n");

        var update = await user.RunAsync("config", "update", "WORKFLOW", "--file", file);

        Assert.Equal(1, update.ExitCode);
        Assert.Equal($"osmo: {file}:2:1: max: too much.\n{file}:5:5: list[1]: no.\n", update.Error);
    }

    [Fact]
    public async Task Apply_checks_every_document_before_it_sends_the_first()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/backend/a", """{"description":"old"}""")
            .On("GET /api/configs/backend/b", """{"description":"same"}""")
            .On("GET /api/configs/backend/c", """{"description":""}""")
            .On("GET /api/configs/role/r", """{"detail":"no role","code":"NotFound"}""", status: 404)
            .On("GET /api/configs/role", "[]")
            .On("POST /", "null").On("PUT /", "null");
        using var user = new OsmoUser(gateway.Url);
        const string Good = """
            type: backend
            name: a
            description: because
            tags: [t]
            config: {description: new}
            ---
            type: BACKEND
            name: b
            config: {description: same}
            ---
            type: ROLE
            name: r
            config: {name: r, policies: []}
            """;

        var dry = await user.RunWithInputAsync(Good, "apply", "-f", "-", "--dry-run");
        Assert.Equal("", dry.Error);
        Assert.Contains("-  \"description\": \"old\"\n+  \"description\": \"new\"\n", dry.Out, StringComparison.Ordinal);
        Assert.EndsWith("role/r created (--dry-run)\n", dry.Out, StringComparison.Ordinal);
        Assert.Empty(gateway.Changes);

        var file = user.Write("bad.yaml", Good + "\n---\ntype: BACKEND\nname: c\nconfig:\n  descriptio: x\n");
        var bad = await user.RunAsync("apply", "-f", file);
        Assert.Equal((1, ""), (bad.ExitCode, bad.Out));
        Assert.Equal($"osmo: {file}:18:3: descriptio is not a known field; did you mean \"description\"?\n", bad.Error);
        Assert.Empty(gateway.Changes);

        var apply = await user.RunWithInputAsync(Good, "apply", "-f", "-");
        Assert.Equal("backend/a updated\nbackend/b unchanged\nrole/r created\n", apply.Out);
        Assert.Equal("""{"configs":{"description":"new"},"description":"because","tags":["t"]}""", gateway.Changes[0].Body);
        Assert.Equal(2, gateway.Changes.Count);
    }

    [Theory]
    [InlineData("type: BACKEN\nname: a\nconfig: {}\n", ":1:1: there is no type \"BACKEN\"; did you mean \"BACKEND\"?")]
    [InlineData("type: BACKEND\nnam: a\nconfig: {}\n", ":2:1: nam is not a known field; did you mean \"name\"?")]
    [InlineData("type: BACKEND\nname: a\nconfig: 5\n", ":3:1: config must be there, and an object.")]
    [InlineData("name: a\nconfig: {}\n", ": document 1 does not say its type")]
    public async Task A_document_that_is_none_is_named(string text, string problem)
    {
        using var user = new OsmoUser();
        var file = user.Write("m.yaml", text);

        var apply = await user.RunAsync("apply", "-f", file);

        Assert.Equal(1, apply.ExitCode);
        Assert.Contains(file + problem, apply.Error, StringComparison.Ordinal);
    }
}
