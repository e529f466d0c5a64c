using System.Text.Json.Nodes;
using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>The command line against a real server with a simulated cluster and its agent.</summary>
public sealed class FleetCommandTests
{
    private const string Edit = """sed -i 's#"grafana_url": ""#"grafana_url": "mine"#' "$1" """;
    private const string WithLabels = """{"services":{"backendListener":{"enable_node_label_update":true}}}""";

    [Fact]
    public async Task Backends_and_nodes_are_listed_selected_and_explained()
    {
        await using var server = await RunningServer.StartAsync();
        await using var backend = await LiveBackend.StartAsync(server, "isaac");
        await backend.ConvergesAsync(server);
        using var user = new OsmoUser(server.Url);
        var nodes = (await server.GetAsync("/api/backends/isaac/nodes"))["nodes"]!.AsArray();
        var good = nodes.Count(node => (bool)node!["available"]!);

        var list = await user.RunAsync("backend", "list");
        Assert.Matches($@"^NAME +ONLINE +AGENT +NODES +AVAILABLE +LABELS\nisaac +yes +in step +6 +{good} +all right\n$", list.Out);
        Assert.Equal("backend/isaac\n", (await user.RunAsync("backend", "list", "-o", "name")).Out);
        Assert.Contains("nodes                 6\n", (await user.RunAsync("backend", "show", "isaac")).Out, StringComparison.Ordinal);

        var all = await user.RunAsync("node", "list", "-o", "json");
        Assert.Equal(6, JsonNode.Parse(all.Out)!.AsArray().Count);
        var available = await user.RunAsync("node", "list", "isaac", "--available", "-o", "name");
        Assert.Equal(good, available.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var selected = await user.RunAsync("node", "list", "-l", "osmo.nvidia.com/verified=False", "-o", "name");
        Assert.Equal(6 - good, selected.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var table = await user.RunAsync("node", "list");
        Assert.EndsWith($"6 nodes: {good} available, {6 - good} unavailable\n", table.Out, StringComparison.Ordinal);

        var name = backend.AvailableNode();
        var explained = await user.RunAsync("explain", "node", $"node/{name}");
        Assert.StartsWith($"Node         isaac/{name}\nAvailable    yes since ", explained.Out, StringComparison.Ordinal);
        Assert.Matches(@"GpuHealthy +True +True +yes +additional_node_conditions: GpuHealthy\n", explained.Out);

        var unknown = await user.RunAsync("node", "list", "isac");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("did you mean \"isaac\"?", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await user.RunAsync("node", "list", "-l", "a=='")).ExitCode);
    }

    [Fact]
    public async Task Backends_that_do_not_answer_are_unknown_and_that_is_an_error()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/backends", """
            {"backends":[
              {"name":"east","online":true,"agent_connected":true,"agent_synced":true,"nodes":2,"available":1,"label_updates":false},
              {"name":"west","online":null,"nodes":null,"available":null,"label_updates":true,"error":"No silo is there."}]}
            """);
        using var user = new OsmoUser(gateway.Url);
        var list = await user.RunAsync("backend", "list");
        Assert.Equal(10, list.ExitCode);
        Assert.Matches(@"\neast +yes +in step +2 +1 +off\nwest +- +- +- +- +-\n$", list.Out);
        Assert.Contains("1 of 2 backends do not answer. west: No silo is there.", list.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_an_error()
    {
        var node = """{"kind":"Node","metadata":{"name":"n"}}""";
        var full = await OsmoProcess.RunFileAsync("/bin/sh", "-c", $"echo '{node}' | '{OsmoProcess.Executable}' evaluate > /dev/full");
        Assert.Equal(1, full.ExitCode);
        Assert.Contains("The output could not be written", full.Error, StringComparison.Ordinal);

        // A reader that has seen enough is none.
        var head = await OsmoProcess.RunFileAsync("/bin/sh", "-c", $"'{OsmoProcess.Executable}' --help | head -n 1");
        Assert.Equal((0, ""), (head.ExitCode, head.Error));
    }

    [Fact]
    public async Task The_guides_sequence_configures_a_backend_and_deletes_it()
    {
        await using var server = await RunningServer.StartAsync();
        await using var backend = await LiveBackend.StartAsync(server, "isaac", labels: false);
        await server.ConfigureAsync("isaac", WithLabels);
        await backend.ConvergesAsync(server);
        using var user = new OsmoUser();
        await user.RunAsync("login", server.Url.ToString(), "--method", "dev", "--username", "carol");
        var urls = user.Write("backend_config.json", """{"description": "...", "dashboard_url": "http://d", "grafana_url": "http://g"}""");
        var conditions = user.Write("node_conditions.json", """
            {"node_conditions": {"additional_node_conditions": [], "ignore_node_conditions": ["Gpu*", "N*", "I*"],
              "prefix": "osmo.nvidia.com/"}}
            """);

        var update = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", urls);
        var dry = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", conditions, "--dry-run");
        var rules = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", conditions, "--wait", "30");
        var again = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", conditions);
        var show = await user.RunAsync("config", "show", "BACKEND", "isaac", "grafana_url");
        var history = await user.RunAsync("config", "history", "BACKEND", "--limit", "1", "-o", "json");

        Assert.Equal((0, "", "Successfully updated BACKEND config\n"), (update.ExitCode, update.Error, update.Out));
        Assert.EndsWith("Nothing was changed (--dry-run).\n", dry.Out, StringComparison.Ordinal);
        Assert.Equal((0, "Successfully updated BACKEND config\n"), (rules.ExitCode, rules.Out));
        Assert.Matches(@"^((\d+) of \2 labels updated\n)?$", rules.Error);
        Assert.Equal("No changes were made to the config.\n", again.Out);
        Assert.Equal("\"http://g\"\n", show.Out);
        Assert.Equal("carol", (string?)JsonNode.Parse(history.Out)!["configs"]![0]!["username"]);

        await backend.StopAgentAsync();
        var delete = await user.RunAsync("config", "delete", "BACKEND", "isaac");
        Assert.Equal("Successfully deleted BACKEND config \"isaac\"\n", delete.Out);
        Assert.Equal("Key   Value\n===========\n", (await user.RunAsync("config", "show", "BACKEND")).Out);
    }

    [Fact]
    public async Task Rules_take_the_place_of_lists_and_lists_that_of_rules()
    {
        await using var server = await RunningServer.StartAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "isaac");
        await agent.ReportAsync([new("gpu-1", ("Ready", "True"), ("GpuHealthy", "Unknown"), ("Vendor", "True"))], snapshot: true);
        using var user = new OsmoUser(server.Url);
        var rules = user.Write("rules.json", """{"node_conditions": {"rules": {"Gpu.*": "True", "Ven": "True|False"}}}""");
        var lists = user.Write(
            "lists.yaml", "type: BACKEND\nname: isaac\nconfig: {node_conditions: {additional_node_conditions: [Vendor]}}\n");
        var bad = user.Write("bad.json", """
            {"node_conditions": {"rules": {
              "Gpu.*": "True",
              "(?!Gpu)": "False"}}}
            """);

        var update = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", rules);
        var explained = await user.RunAsync("explain", "node", "gpu-1");
        var again = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", bad);
        var apply = await user.RunAsync("apply", "-f", lists);
        var typo = await user.RunAsync("config", "update", "BACKEND", "isaac", "--file", user.Write("t.json", """
            {"node_conditions": {"rule": {}}}
            """));

        Assert.Equal((0, "Successfully updated BACKEND config\n"), (update.ExitCode, update.Out));
        Assert.Contains("GpuHealthy is Unknown, must be True (rules has \"Gpu.*\": \"True\")\n", explained.Out, StringComparison.Ordinal);
        Assert.Matches("Vendor +True +as the rule says +yes +rules: \"Ven\": \"True\\|False\"\n", explained.Out);
        Assert.Matches("Ready +True +True +yes +always required\n", explained.Out);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains($"{bad}:3:3: node_conditions.rules.(?!Gpu): ", again.Error, StringComparison.Ordinal);
        Assert.Equal("backend/isaac updated\n", apply.Out);
        Assert.Equal(
            """{"additional_node_conditions":["Vendor"],"ignore_node_conditions":[],"prefix":"osmo.nvidia.com/"}""",
            (await server.GetAsync("/api/configs/backend/isaac"))["node_conditions"]!.ToJsonString());
        Assert.Contains("node_conditions.rule is not a known field; did you mean \"rules\"?", typo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_change_is_not_overwritten()
    {
        await using var server = await RunningServer.StartAsync();
        await using var backend = await LiveBackend.StartAsync(server, "isaac", labels: false);
        using var user = new OsmoUser(server.Url);
        var other = $"curl -s -X POST {server.Url}api/configs/backend/isaac -d '{{\"configs\":{{\"description\":\"theirs\"}}}}'";
        user["EDITOR"] = $"sh {user.Write("editor.sh", $"{other} >/dev/null\n{Edit}\n")}";

        var update = await user.RunOnTerminalAsync(200, "y\n", "config", "update", "BACKEND", "isaac");

        Assert.Equal(1, update.ExitCode);
        Assert.Contains("Somebody changed it meanwhile", update.Out, StringComparison.Ordinal);
        Assert.Contains("Your change is kept in ", update.Out, StringComparison.Ordinal);
        Assert.Equal("theirs", (string?)(await server.GetAsync("/api/configs/backend/isaac"))["description"]);
    }

    /// <summary>A node that leaves the filter is shown as it is then, and not as deleted.</summary>
    [Theory]
    [InlineData("--watch")]
    [InlineData("--watch", "--available")]
    public async Task A_watch_on_a_terminal_shows_changes_until_Ctrl_C(params string[] options)
    {
        await using var server = await RunningServer.StartAsync();
        await using var backend = await LiveBackend.StartAsync(server, "isaac", labels: false);
        await backend.ConvergesAsync(server);
        using var user = new OsmoUser(server.Url);
        var node = backend.AvailableNode();

        await using var watch = user.StartOnTerminal(["node", "list", "isaac", .. options]);
        await watch.ShowsAsync($"{node}   yes");
        await server.ConfigureAsync("isaac", """{"node_conditions":{"additional_node_conditions":["Ready","NetworkUnavailable"]}}""");
        await watch.ShowsAsync($"{node}   no ");
        await watch.TypeAsync("\u0003");

        Assert.Equal(130, await watch.EndsAsync());
    }
}
