using System.Text;
using System.Text.Json;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

public sealed class EvaluateTests : IDisposable
{
    private const string TwoNodes = """
        {"kind": "List", "apiVersion": "v1", "items": [
          {"kind": "Node", "metadata": {"name": "gpu-1"}, "status": {"conditions": [
            {"type": "Ready", "status": "True"}, {"type": "GpuHealthy", "status": "True"}]}},
          {"kind": "Node", "metadata": {"name": "gpu-2"}, "spec": {"unschedulable": true}, "status": {"conditions": [
            {"type": "Ready", "status": "Unknown"}, {"type": "SomeTransientDisk", "status": "True"}]}}]}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("osmo-evaluate-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_piped_list_becomes_an_aligned_table_with_reasons_and_a_summary()
    {
        var result = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", Config(["GpuHealthy"], ["SomeTransient*"]));

        Assert.Equal(
            """
            NAME    AVAILABLE   REASONS
            gpu-1   yes
            gpu-2   no          cordoned (spec.unschedulable is true); Ready is Unknown, must be True (always required)
            2 nodes: 1 available, 1 unavailable (1 cordoned)

            """,
            result.Out);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task What_the_configuration_names_and_no_node_reports_is_pointed_out()
    {
        var path = Config(["GpuHealty", "GpuHealthy", "gpuhealthy"], ["SomeTransend*", "Vendor"]);

        var lists = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", path, "-o", "name");
        var nobody = await OsmoProcess.RunWithInputAsync("[]", "evaluate", "--config", path);

        const string None = "matches no condition of these nodes";
        Assert.Equal(
            $"""
            osmo: {path}: node_conditions.additional_node_conditions[0]: "GpuHealty" {None}; did you mean "GpuHealthy"?
            osmo: {path}: node_conditions.additional_node_conditions[2]: "gpuhealthy" {None}; did you mean "GpuHealthy"?
            osmo: {path}: node_conditions.ignore_node_conditions[0]: "SomeTransend*" {None}; did you mean "SomeTransien*"?
            osmo: {path}: node_conditions.ignore_node_conditions[1]: "Vendor" {None}.

            """,
            lists.Error);
        Assert.Equal((0, "node/gpu-1\nnode/gpu-2\n"), (lists.ExitCode, lists.Out));
        Assert.Equal("", nobody.Error);

        await File.WriteAllTextAsync(
            path, """{"node_conditions":{"rules":{"Ready":"True","Gpu.*":"True","GpuHelthy":"True","x.y":"True"}}}""", Cancel);
        var rules = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", path);
        Assert.Equal(
            $"""
            osmo: {path}: node_conditions.rules.GpuHelthy: "GpuHelthy" {None}; did you mean "GpuHealthy"?
            osmo: {path}: node_conditions.rules.x.y: "x.y" {None}.

            """,
            rules.Error);
    }

    [Fact]
    public async Task Nodes_are_judged_by_pairs_of_patterns_where_the_configuration_has_them()
    {
        var config = Path.Combine(_folder.FullName, "rules.yaml");
        await File.WriteAllTextAsync(config, "node_conditions:\n  rules:\n    Gpu: 'False'\n    Some.*Disk: Unknown\n", Cancel);

        var table = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", config);
        var json = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", config, "-o", "json");

        Assert.Contains(
            "gpu-1   no          GpuHealthy is True, must be False (rules has \"Gpu\": \"False\")\n", table.Out, StringComparison.Ordinal);
        using var nodes = JsonDocument.Parse(json.Out);
        var reason = nodes.RootElement[1].GetProperty("reasons").EnumerateArray().Last();
        Assert.Equal(
            ["condition", "SomeTransientDisk", "True", null, "rules", "\"Some.*Disk\": \"Unknown\""],
            reason.EnumerateObject().SkipLast(1).Select(field => field.Value.GetString()));

        await File.WriteAllTextAsync(config, """{"node_conditions": {"rules": {"(?!Gpu)": "True"}}}""", Cancel);
        var refused = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", config);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("node_conditions.rules.(?!Gpu): ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_carries_name_available_and_reasons_with_fields_for_programs()
    {
        var result = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "-o", "json", "-");

        using var json = JsonDocument.Parse(result.Out);
        var nodes = json.RootElement.EnumerateArray().ToArray();
        Assert.Equal(["gpu-1", "gpu-2"], nodes.Select(n => n.GetProperty("name").GetString()));
        Assert.All(nodes, n => Assert.Equal(["name", "available", "reasons", "notes"], n.EnumerateObject().Select(field => field.Name)));
        Assert.All(nodes, n => Assert.Equal("[]", n.GetProperty("notes").GetRawText()));
        Assert.False(nodes[0].GetProperty("available").GetBoolean());
        Assert.Equal(
            """{"kind":"condition","condition":"GpuHealthy","status":"True","required":"False","source":"none","entry":null,"""
            + "\"message\":\"GpuHealthy is True, must be False (no entry names it)\"}",
            JsonSerializer.Serialize(nodes[0].GetProperty("reasons")[0]));
        Assert.Equal(
            ["cordoned", "condition", "condition"],
            nodes[1].GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("kind").GetString()));
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("node-example.json", "e2e-test-wojtekt-node-etd6", true)]
    [InlineData("gke-node.yaml", "node-default-pool-something", true)]
    [InlineData("every-field.json", "nameValue", false)]
    public async Task Real_nodes_are_judged(string file, string name, bool available)
    {
        var result = await OsmoProcess.RunAsync("evaluate", SharedMaterial.PathOf("data", "nodes", file), "-o", "json");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using var json = JsonDocument.Parse(result.Out);
        var node = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal(name, node.GetProperty("name").GetString());
        Assert.Equal(available, node.GetProperty("available").GetBoolean());
    }

    [Theory]
    [InlineData("list-rv0.json")]
    [InlineData("watchlist-full.jsonl")]
    public async Task What_an_api_server_sends_is_understood_as_list_and_as_watch(string file)
    {
        var result = await OsmoProcess.RunAsync("evaluate", SharedMaterial.PathOf("kube-wire", file));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("3 nodes: 3 available, 0 unavailable", result.Out, StringComparison.Ordinal);
        Assert.Contains("no Ready condition reported", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_watch_event_of_a_node_wins_and_deleted_nodes_are_gone()
    {
        const string Events = """
            {"type":"ADDED","object":{"kind":"Node","metadata":{"name":"a"},"spec":{"unschedulable":true}}}
            {"type":"ADDED","object":{"kind":"Node","metadata":{"name":"b"}}}
            {"type":"BOOKMARK","object":{"kind":"Node","metadata":{"resourceVersion":"7"}}}
            {"type":"MODIFIED","object":{"kind":"Node","metadata":{"name":"a"}}}
            {"type":"DELETED","object":{"kind":"Node","metadata":{"name":"b"}}}
            """;
        var result = await OsmoProcess.RunWithInputAsync(Events, "evaluate", "-o", "wide");

        const string Headings = "NAME   AVAILABLE   CORDONED   PASSED   FAILED   IGNORED   REASONS   NOTES\n";
        Assert.StartsWith(Headings + "a      yes         no ", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 node: 1 available, 0 unavailable\n", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the input is empty")]
    [InlineData("  \n", "the input is empty")]
    [InlineData("5", "document 1 is a single value, not nodes")]
    [InlineData("[5]", "[0] is no object, not nodes")]
    [InlineData("[{\"kind\":\"Pod\"}]", "[0] is a Pod, not nodes")]
    [InlineData("{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\"", "not valid JSON (line 1, ")]
    [InlineData("{\"kind\":\"List\",\n\"items\":nope}", "not valid JSON (line 2, byte 10)")]
    [InlineData("{}", "an object without kind, not nodes")]
    [InlineData("{\"kind\":\"PodList\",\"items\":[]}", "a PodList, not nodes")]
    [InlineData("{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\"}]}", "items[0] is a Pod, not nodes")]
    [InlineData("{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\"}]}", "items[0]: a node without a usable name")]
    [InlineData("{\"kind\":\"NodeList\",\"items\":[5]}", "items[0] is no object, not nodes")]
    [InlineData(
        "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"conditions\":{}}}",
        "document 1: node \"n\": status.conditions: ")]
    [InlineData("{\"kind\":\"Node\\ud800\"}", "not valid UTF-8")]
    [InlineData("{\"kind\":\"Node\",\"metadata\":{\"name\":\"\\ud800\"}}", "document 1: ")]
    [InlineData("{\"kind\":\"Status\",\"message\":\"nodes is forbidden\"}", "an error instead of nodes: nodes is forbidden")]
    [InlineData("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old\"}}", "the watch ended with an error: too old")]
    [InlineData("{\"type\":\"MOVED\",\"object\":{}}", "a watch event of type \"MOVED\"")]
    [InlineData("kind: Node\nmetadata:\n  name: &a x\n  uid: *a", "Anchors are not supported")]
    [InlineData("Error from server: oops: [", "cannot be read as JSON or YAML")]
    public async Task Bad_input_ends_with_1_and_says_what_is_wrong(string input, string problem)
    {
        var result = await OsmoProcess.RunWithInputAsync(input, "evaluate");

        Assert.Contains(problem, result.Error, StringComparison.Ordinal);
        Assert.StartsWith("osmo: standard input: ", result.Error, StringComparison.Ordinal);
        Assert.Equal((1, ""), (result.ExitCode, result.Out));
    }

    [Theory]
    [InlineData(
        "{\"node_conditions\":{\"additional_node_conditions\":\"Gpu\"}}",
        "node_conditions.additional_node_conditions: must be a list of strings, not the string \"Gpu\".")]
    [InlineData(
        "{\"node_conditions\":{\"ignore_node_conditions\":[\"a\",5]}}",
        "node_conditions.ignore_node_conditions[1]: must be a string, not the number 5.")]
    [InlineData("{\"node_conditions\":[]}", "node_conditions: must be an object, not a list.")]
    [InlineData("{\"node_conditions\":{\"prefix\":\"example.com/\"}}", "must end with \"osmo.nvidia.com/\"")]
    [InlineData("{\"node_conditions\":{\"rulez\":{}}}", "node_conditions.rulez: is not a known field")]
    [InlineData("{\"node_conditions\":{\"ignore_node_conditions\":[\"a*b\"]}}", "node_conditions.ignore_node_conditions[0]: \"a*b\"")]
    [InlineData("{\"additional_node_conditions\":[]}", "there is no \"node_conditions\"")]
    [InlineData("{\"node_conditions\":{},\"node_conditions\":{}}", "not valid JSON")]
    [InlineData("[]", "the configuration must be an object")]
    [InlineData("{", "not valid JSON (line 1, byte 2)")]
    public async Task A_bad_configuration_ends_with_1_and_names_the_field(string config, string problem)
    {
        var path = Path.Combine(_folder.FullName, "backend.json");
        await File.WriteAllTextAsync(path, config, TestContext.Current.CancellationToken);

        var result = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", path);

        Assert.Contains(problem, result.Error, StringComparison.Ordinal);
        Assert.StartsWith($"osmo: {path}: ", result.Error, StringComparison.Ordinal);
        Assert.Equal((1, ""), (result.ExitCode, result.Out));
    }

    [Fact]
    public async Task A_whole_configuration_document_and_null_lists_are_fine()
    {
        var path = Path.Combine(_folder.FullName, "backend.yaml");
        await File.WriteAllTextAsync(
            path,
            "description: b1\nscheduler_settings: {scheduler_type: kai}\nnode_conditions:\n  additional_node_conditions: [GpuHealthy]\n"
            + "  ignore_node_conditions: null\n  prefix: osmo.nvidia.com/\n",
            TestContext.Current.CancellationToken);

        var result = await OsmoProcess.RunWithInputAsync(TwoNodes, "evaluate", "--config", path);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("2 nodes: 1 available", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "no such file", "evaluate", "no-such-file.json")]
    [InlineData(1, "no such file", "evaluate", "--config", "no-such-file.json")]
    [InlineData(2, "both come from the standard input", "evaluate", "-", "--config", "-")]
    [InlineData(2, "See 'osmo evaluate --help'", "evaluate", "a", "b")]
    [InlineData(2, "--output cannot be \"xml\". Use table, wide, json or name.", "evaluate", "-o", "xml")]
    [InlineData(2, "See 'osmo --help'", "evaluat")]
    public async Task Exit_codes_tell_a_wrong_command_line_from_bad_input(int exitCode, string problem, params string[] args)
    {
        var result = await OsmoProcess.RunAsync(args);

        Assert.Contains(problem, result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Out));
    }

    [Fact]
    public async Task Help_shows_examples_and_exit_codes()
    {
        var result = await OsmoProcess.RunAsync("evaluate", "--help");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("kubectl get nodes -o json | osmo evaluate", result.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_terminal_gets_a_drawn_table_in_colour_unless_NO_COLOR_is_set(bool noColour)
    {
        var path = Path.Combine(_folder.FullName, "nodes.json");
        await File.WriteAllTextAsync(path, TwoNodes, TestContext.Current.CancellationToken);

        var result = await OsmoProcess.RunOnTerminalAsync(noColour, "evaluate", path);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("│", result.Out, StringComparison.Ordinal);
        Assert.Equal(!noColour, result.Out.Contains("\u001b[38;5;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Control_characters_of_the_input_do_not_reach_the_terminal()
    {
        const string Node = "{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\\u001b[31m\\nb\"}}";
        var result = await OsmoProcess.RunWithInputAsync(Node, "evaluate", "-o", "name");

        Assert.Equal("node/a?[31m?b\n", result.Out);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task Windows_powershells_files_are_read(string encoding)
    {
        var path = Path.Combine(_folder.FullName, "nodes.json");
        await File.WriteAllTextAsync(
            path, TwoNodes.Replace("gpu-1", "gpü-1"), Encoding.GetEncoding(encoding), TestContext.Current.CancellationToken);
        var result = await OsmoProcess.RunAsync("evaluate", "-o", "name", path);
        Assert.Equal((0, "node/gpü-1\nnode/gpu-2\n", ""), (result.ExitCode, result.Out, result.Error));
    }

    [Theory]
    [InlineData("[]", "0 nodes: ")]
    [InlineData("[{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}]", "2 nodes: ")]
    [InlineData("- {kind: Node, metadata: {name: a}}\n- {kind: Node, metadata: {name: b}}", "2 nodes: ")]
    public async Task An_array_of_nodes_is_a_list(string input, string summary)
    {
        var result = await OsmoProcess.RunWithInputAsync(input, "evaluate");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(summary, result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_of_one_name_stay_apart_in_a_list_and_are_one_in_a_watch()
    {
        const string Node = "{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\"}}";
        var list = await OsmoProcess.RunWithInputAsync($"{{\"kind\":\"List\",\"items\":[{Node},{Node}]}}", "evaluate", "-o", "name");
        Assert.Equal("node/a\nnode/a\n", list.Out);
        var events = string.Concat(Enumerable.Repeat($"{{\"type\":\"ADDED\",\"object\":{Node}}}\n", 2));
        var watch = await OsmoProcess.RunWithInputAsync(events, "evaluate", "-o", "name");
        Assert.Equal("node/a\n", watch.Out);
    }

    [Fact]
    public async Task An_empty_list_is_no_error()
    {
        var result = await OsmoProcess.RunWithInputAsync("{\"kind\":\"NodeList\",\"items\":null}", "evaluate");

        Assert.Equal((0, "0 nodes: 0 available, 0 unavailable\n"), (result.ExitCode, result.Out));
    }

    private string Config(string[] additional, string[] ignore)
    {
        var path = Path.Combine(_folder.FullName, "config.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            node_conditions = new { additional_node_conditions = additional, ignore_node_conditions = ignore },
        }));
        return path;
    }
}
