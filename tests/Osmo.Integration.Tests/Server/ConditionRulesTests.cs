using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>Rules as pairs of patterns, on the wire: written, judged by, kept, and shown to every kind of client.</summary>
public sealed class ConditionRulesTests : IAsyncLifetime
{
    private const string Path = "/api/configs/backend/isaac";
    private const string Lists = """{"node_conditions":{"additional_node_conditions":["GpuHealthy"],"ignore_node_conditions":["Net*"]}}""";
    private const string Rules =
        """{"node_conditions":{"rules":{"Ready":"True","Gpu.*":"True","Disk.*":"False|Unknown"},"prefix":"osmo.nvidia.com/"}}""";


    private RunningServer _server = null!;
    private ScriptedAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _agent = await ScriptedAgent.JoinAsync(_server.Url, "isaac");
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_are_judged_by_the_rules_and_explained_with_them()
    {
        await _agent.ReportAsync(
            [
                new("good", ("Ready", "True"), ("GpuHealthy", "True"), ("DiskPressure", "Unknown"), ("Vendor", "True")),
                new("sick", ("Ready", "True"), ("GpuHealthy", "False"), ("DiskPressure", "True")),
                new("bare", ("Vendor", "Unknown")),
            ],
            snapshot: true);
        Assert.Equal(200, (await _server.ConfigureAsync("isaac", Rules)).Status);

        Assert.Equal((true, ""), await VerdictAsync("good"));
        Assert.Equal((true, ""), await VerdictAsync("bare"));
        Assert.Equal(
            (false, "GpuHealthy is False, must be True (rules has \"Gpu.*\": \"True\"); "
                + "DiskPressure is True, which no rule allows (rules has \"Disk.*\": \"False|Unknown\")"),
            await VerdictAsync("sick"));
        var conditions = (await _server.GetAsync("/api/backends/isaac/nodes/good"))["conditions"]!.AsArray();
        Assert.Equal(
            [
                """True allowing_rule "Ready": "True" """,
                """True allowing_rule "Gpu.*": "True" """,
                """Matching allowing_rule "Disk.*": "False|Unknown" """,
                "Any no_rule  ",
            ],
            conditions.Select(condition => $"{condition!["required"]} {condition["rule"]} {condition["entry"]} "));

        // What comes later is judged by the same rules, and rules that change judge what is there.
        await _agent.ReportAsync([new("late", ("Ready", "True"), ("GpuLink", "Unknown"))]);
        Assert.False((await VerdictAsync("late")).Available);
        await _server.ConfigureAsync("isaac", """{"node_conditions":{"rules":{"GpuHealthy":"True|False","Disk":"True"}}}""");
        Assert.True((await VerdictAsync("late")).Available);
        Assert.True((await VerdictAsync("sick")).Available);
    }

    [Fact]
    public async Task Writing_one_form_replaces_the_other_and_a_rollback_brings_it_back()
    {
        var (_, _, lists) = await _server.ConfigureAsync("isaac", Lists);
        var (_, _, rules) = await _server.ConfigureAsync("isaac", Rules);
        Assert.Equal(
            """{"rules":{"Ready":"True","Gpu.*":"True","Disk.*":"False|Unknown"},"prefix":"osmo.nvidia.com/"}""", await ConditionsAsync());
        Assert.Equal(rules, (await _server.ConfigureAsync("isaac", Rules)).ETag);

        await _server.RestartAsync();
        Assert.Equal(200, await RollBackAsync(lists!));
        Assert.Equal(
            """{"additional_node_conditions":["GpuHealthy"],"ignore_node_conditions":["Net*"],"prefix":"osmo.nvidia.com/"}""",
            await ConditionsAsync());
        Assert.Equal(200, await RollBackAsync(rules!));
        Assert.Equal(
            """{"rules":{"Ready":"True","Gpu.*":"True","Disk.*":"False|Unknown"},"prefix":"osmo.nvidia.com/"}""", await ConditionsAsync());
        Assert.Equal(
            ["additional_node_conditions", "rules", "additional_node_conditions", "rules"],
            (await _server.GetAsync("/api/configs/history?config_types=BACKEND&limit=4"))["configs"]!.AsArray()
                .Select(entry => entry!["data"]![0]!["node_conditions"]!.AsObject().First().Key));

        var (status, body, _) = await _server.SendAsync(HttpMethod.Patch, Path, """{"node_conditions":{"ignore_node_conditions":["A"]}}""");
        Assert.Equal(200, status);
        Assert.Equal(
            """{"additional_node_conditions":[],"ignore_node_conditions":["A"],"prefix":"osmo.nvidia.com/"}""",
            body!["node_conditions"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"rules":{"(?!Gpu).*":"True"}}""", "node_conditions.rules.(?!Gpu).*", "never takes exponential time")]
    [InlineData("""{"rules":{"Ready":"True|Unknown"}}""", "node_conditions.rules.Ready", "agents refuse any other rule for Ready")]
    [InlineData("""{"rules":{"Gpu":"True"},"ignore_node_conditions":["A"]}""", "node_conditions.rules", "only one of the two forms")]
    public async Task Rules_that_agents_would_refuse_are_refused_when_they_are_written(string conditions, string field, string message)
    {
        var before = await ConditionsAsync();
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Patch })
        {
            var configs = "{\"node_conditions\":" + conditions + "}";
            var (status, body, _) = await _server.SendAsync(
                method, Path, method == HttpMethod.Post ? "{\"configs\":" + configs + "}" : configs);
            Assert.Equal(422, status);
            var error = Assert.Single(body!["errors"]!.AsArray())!;
            Assert.Equal(field, (string?)error["field"]);
            Assert.Contains(message, (string?)error["message"], StringComparison.Ordinal);
        }

        Assert.Equal(before, await ConditionsAsync());
    }

    [Fact]
    public async Task Listeners_read_the_conditions_in_the_words_of_either_generation()
    {
        var (_, _, lists) = await _server.ConfigureAsync("isaac", Lists);
        var told = await AsListenerAsync(Path);
        Assert.Equal(
            """
            {
              "additional_node_conditions": ["GpuHealthy"], "ignore_node_conditions": ["Net*"], "prefix": "osmo.nvidia.com/",
              "available_conditions": ["GpuHealthy"], "ignore_conditions": ["Net*"],
              "rules": {
                "(?!(?:Net))(?:Ready\\Z|GpuHealthy\\Z)": "True", "(?!(?:Net))(?!(?:Ready\\Z|GpuHealthy\\Z))": "False"
              }
            }
            """.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal),
            Plain(told["node_conditions"]!));
        Assert.DoesNotContain("available_conditions", await ConditionsAsync(), StringComparison.Ordinal);

        // Whoever sends back what a listener read changes nothing.
        Assert.Equal(lists, (await _server.ConfigureAsync("isaac", told.ToJsonString())).ETag);

        await _server.ConfigureAsync("isaac", Rules);
        told = await AsListenerAsync(Path);
        Assert.Equal("True", (string?)told["node_conditions"]!["rules"]!["Gpu.*"]);
        Assert.Equal("[\"Ready*\",\"Gpu*\"]", told["node_conditions"]!["available_conditions"]!.ToJsonString());
        Assert.Equal(200, (await _server.ConfigureAsync("isaac", told.ToJsonString())).Status);
        Assert.Equal("Ready", JsonNode.Parse(await ConditionsAsync())!["rules"]!.AsObject().First().Key);
    }

    [Fact]
    public async Task A_listener_of_an_unknown_backend_is_told_that_there_is_none()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/configs/backend/nobody");
        request.Headers.TryAddWithoutValidation("User-Agent", "python-requests/2.32.3");
        using var answer = await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)answer.StatusCode);
    }

    private static string Plain(JsonNode node) =>
        node.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private async Task<string> ConditionsAsync() => Plain((await _server.GetAsync(Path))["node_conditions"]!);

    private async Task<(bool Available, string Reasons)> VerdictAsync(string node)
    {
        var found = await _server.GetAsync($"/api/backends/isaac/nodes/{node}");
        return ((bool)found["available"]!, string.Join("; ", found["reasons"]!.AsArray().Select(reason => (string?)reason)));
    }

    private async Task<JsonNode> AsListenerAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("User-Agent", "python-requests/2.32.3");
        using var answer = await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("User-Agent", answer.Headers.Vary.Single());
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
    }

    private async Task<int> RollBackAsync(string etag)
    {
        var body = $$"""{"config_type":"BACKEND","revision":{{etag.Trim('"')}}}""";
        return (await _server.SendAsync(HttpMethod.Post, "/api/configs/history/rollback", body)).Status;
    }
}
