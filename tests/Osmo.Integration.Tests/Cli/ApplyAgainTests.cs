using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>What <c>osmo apply</c> makes, and that it makes it once, against a real server.</summary>
public sealed class ApplyAgainTests : IAsyncLifetime
{
    /// <summary>The manual's example.</summary>
    private const string Example = """
        type: BACKEND
        name: dgx-west
        description: the H100 hall
        config:
          node_conditions:
            additional_node_conditions: [GpuHealthy]
            ignore_node_conditions: []
        ---
        type: ROLE
        name: dgx-west-agent
        config: {name: dgx-west-agent, policies: [{actions: ["http:/api/agent/channel/backend/dgx-west:*"]}]}
        """;

    private RunningServer _server = null!;
    private OsmoUser _user = null!;
    private ScriptedAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _user = new OsmoUser(_server.Url);
        _agent = await ScriptedAgent.JoinAsync(_server.Url, "dgx-west");
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _user.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_manuals_example_is_applied_once_and_then_unchanged()
    {
        var dry = await ApplyAsync(Example, "--dry-run");
        Assert.Contains("+      \"GpuHealthy\"\n", dry, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?m)^-.*prefix", dry);
        Assert.Equal("backend/dgx-west updated\nrole/dgx-west-agent created\n", await ApplyAsync(Example));
        var revisions = await RevisionsAsync();

        Assert.Equal("backend/dgx-west unchanged\nrole/dgx-west-agent unchanged\n", await ApplyAsync(Example));
        Assert.StartsWith("backend/dgx-west unchanged (--dry-run)\n", await ApplyAsync(Example, "--dry-run"), StringComparison.Ordinal);
        Assert.Equal(revisions, await RevisionsAsync());
    }

    [Theory]
    [InlineData("{description: null}")]
    [InlineData("{node_conditions: {}}")]
    [InlineData("{scheduler_settings: {scheduler_timeout: 3e1}, services: {}, cache_config: {}}")]
    [InlineData("{\"scheduler_settings\": {\"scheduler_timeout\": 30.0}}")]
    [InlineData("{online: false, last_heartbeat: null, name: other, version: x}")]
    public async Task What_comes_to_the_same_is_unchanged(string config)
    {
        var manifest = $"{{type: BACKEND, name: dgx-west, config: {config}}}";
        Assert.Equal("backend/dgx-west unchanged (--dry-run)\n", await ApplyAsync(manifest, "--dry-run"));
        Assert.Equal("backend/dgx-west unchanged\n", await ApplyAsync(manifest));
        var input = config.StartsWith("{\"", StringComparison.Ordinal) ? config : $"---\n{config}";
        var update = await _user.RunWithInputAsync(input, "config", "update", "BACKEND", "dgx-west", "--file", "-");
        Assert.Equal((0, "No changes were made to the config.\n"), (update.ExitCode, update.Out));
    }

    [Fact]
    public async Task A_field_that_goes_back_to_its_default_is_shown_so()
    {
        await ApplyAsync("{type: BACKEND, name: dgx-west, config: {scheduler_settings: {scheduler_type: kai, scheduler_timeout: 60}}}");
        const string Shorter = "{type: BACKEND, name: dgx-west, config: {scheduler_settings: {scheduler_type: kai}}}";

        var dry = await ApplyAsync(Shorter, "--dry-run");
        Assert.Contains("-    \"scheduler_timeout\": 60\n+    \"scheduler_timeout\": 30\n", dry, StringComparison.Ordinal);
        Assert.Equal("backend/dgx-west updated\n", await ApplyAsync(Shorter));
        Assert.Equal("backend/dgx-west unchanged\n", await ApplyAsync(Shorter));
    }

    [Fact]
    public async Task Several_parts_of_a_type_with_one_revision_for_all_are_changed_together()
    {
        Assert.Equal("role/r1 created\nrole/r2 created\n", await ApplyAsync(Roles("one", "r1", "r2")));
        Assert.Equal("role/r1 updated\nrole/r0 created\nrole/r2 updated\n", await ApplyAsync(Roles("two", "r1", "r0", "r2")));

        const string Buckets = """
            {type: DATASET, name: x, config: {dataset_path: "s3://x"}}
            ---
            {type: DATASET, config: {default_bucket: x}}
            """;
        await _server.SendAsync(
            HttpMethod.Patch, "/api/configs/dataset", """{"configs_dict":{"buckets":{"x":{"dataset_path":"s3://y"}}}}""");
        Assert.Equal("dataset/x updated\ndataset updated\n", await ApplyAsync(Buckets));
    }

    private static string Roles(string description, params string[] names) => string.Join(
        "\n---\n",
        names.Select(name => $"{{type: ROLE, name: {name}, config: {{name: {name}, description: {description}, policies: []}}}}"));

    private async Task<string> ApplyAsync(string manifests, params string[] options)
    {
        var apply = await _user.RunWithInputAsync($"---\n{manifests}", ["apply", "-f", "-", .. options]);
        Assert.True(apply.ExitCode == 0, apply.Error + apply.Out);
        return apply.Out;
    }

    private async Task<string> RevisionsAsync() => string.Join(' ', (await _server.GetAsync("/api/configs/history?limit=1000"))["configs"]!
        .AsArray().Select(entry => $"{entry!["config_type"]}:{entry["revision"]}"));
}
