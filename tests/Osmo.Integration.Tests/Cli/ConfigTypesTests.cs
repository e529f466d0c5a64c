using System.Text.Json.Nodes;
using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary><c>osmo config</c> of types beside BACKEND, <c>pool</c> and <c>resource</c>, against a real server.</summary>
public sealed class ConfigTypesTests : IAsyncLifetime
{
    private const string Secret = "nvapi-not-to-be-seen";

    private RunningServer _server = null!;
    private OsmoUser _user = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _user = new OsmoUser(_server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        _user.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_guides_credential_is_set_masked_kept_and_rolled_back()
    {
        var first = _user.Write(
            "workflow.json",
            $$"""{"backend_images": {"credential": {"registry": "nvcr.io", "username": "$oauthtoken", "auth": "{{Secret}}"} } }""");
        await OkAsync("config", "update", "WORKFLOW", "--file", first, "--description", "The guide's");
        var shown = await OkAsync("config", "show", "WORKFLOW", "backend_images", "credential");
        Assert.Equal("**********", (string?)JsonNode.Parse(shown)!["auth"]);

        // What was shown is sent again, with another registry: the secret stays what it is.
        var second = _user.Write("again.json", $$"""{"backend_images": {"credential": {{shown.Replace("nvcr.io", "example.com")}} } }""");
        await OkAsync("config", "update", "WORKFLOW", "--file", second);
        Assert.Contains("example.com", await OkAsync("config", "show", "WORKFLOW", "backend_images"), StringComparison.Ordinal);
        var difference = await OkAsync("config", "diff", "WORKFLOW:2", "WORKFLOW:3");
        Assert.Contains("-    ", difference, StringComparison.Ordinal);
        Assert.Contains("example.com", difference, StringComparison.Ordinal);

        await OkAsync("config", "rollback", "WORKFLOW:2");
        Assert.Contains("nvcr.io", await OkAsync("config", "show", "WORKFLOW", "backend_images"), StringComparison.Ordinal);
        var history = await OkAsync("config", "history", "WORKFLOW", "-o", "json");
        Assert.Equal([1, 2, 3, 4], JsonNode.Parse(history)!["configs"]!.AsArray().Select(entry => (int)entry!["revision"]!));
        string[] said = [shown, difference, history, await OkAsync("config", "show", "WORKFLOW:2"), await OkAsync("config", "list")];
        Assert.DoesNotContain(said, text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Roles_and_services_are_set_tagged_found_again_and_deleted()
    {
        await OkAsync("config", "set", "ROLE", "isaac-agent", "backend", "--field", "isaac");
        Assert.Contains(
            "/api/agent/channel/backend/isaac", await OkAsync("config", "show", "ROLE", "isaac-agent"), StringComparison.Ordinal);
        await OkAsync("config", "tag", "ROLE:2", "--set", "agents");
        var tagged = await OkAsync("config", "history", "ROLE", "--tags", "agents", "-o", "name");
        Assert.Equal("ROLE:2\n", tagged);
        await OkAsync("config", "delete", "ROLE", "isaac-agent");
        Assert.Equal(1, (await _user.RunAsync("config", "show", "ROLE", "isaac-agent")).ExitCode);
        var admin = await _user.RunAsync("config", "delete", "ROLE", "osmo-admin");
        Assert.Equal(1, admin.ExitCode);
        Assert.Contains("protected", admin.Error, StringComparison.Ordinal);

        var service = _user.Write("service.yaml", "cli_config:\n  latest_version: 2.1.0\n");
        await OkAsync("config", "update", "SERVICE", "--file", service);
        Assert.Contains("2.1.0", await OkAsync("config", "show", "SERVICE", "cli_config"), StringComparison.Ordinal);
        var typo = await _user.RunAsync("config", "update", "SERVICE", "--file", _user.Write("typo.json", """{"cli_confg": {}}"""));
        Assert.Equal(1, typo.ExitCode);
        Assert.Contains("cli_config", typo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_is_made_listed_and_its_nodes_are_shown()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "east");
        await agent.ReportAsync([ScriptedNode.Ready("gpu-1"), ScriptedNode.NotReady("gpu-2")], snapshot: true);

        // Of one pool alone, as the one that a server begins with, it is clear which is meant.
        Assert.Equal("There are no available resources.\n", await OkAsync("resource", "list"));
        var pool = _user.Write(
            "pool.json", """{"pools": {"robots": {"backend": "east", "description": "For robots", "platforms": {"any": {}}}}}""");
        await OkAsync("config", "update", "POOL", "--file", pool);
        Assert.Matches(@"\nrobots +For robots +ONLINE +", await OkAsync("pool", "list"));
        Assert.Equal("pool/robots\n", await OkAsync("pool", "list", "-p", "robots", "-o", "name"));
        Assert.Equal("Pools nosuch not found\n", await OkAsync("pool", "list", "-p", "nosuch"));

        Assert.Equal("node/gpu-1\n", await OkAsync("resource", "list", "-p", "robots", "-o", "name"));
        Assert.Matches(@"\ngpu-1 +robots +any +RESERVED +", await OkAsync("resource", "list", "-p", "robots"));
        Assert.Matches(@"\ngpu-1 +robots +any +RESERVED +", await OkAsync("resource", "info", "gpu-1"));

        var unset = await _user.RunAsync("resource", "list");
        Assert.Equal(2, unset.ExitCode);
        Assert.Contains("No default pool set", unset.Error, StringComparison.Ordinal);
        var unknown = await _user.RunAsync("resource", "list", "-p", "robot");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("did you mean \"robots\"?", unknown.Error, StringComparison.Ordinal);

        Assert.Contains("east", await CompleteAsync("osmo backend show "));
        Assert.Contains("east", await CompleteAsync("osmo config show BACKEND "));
        Assert.DoesNotContain("east", await CompleteAsync("osmo config show ROLE "));
        var away = await CompleteAsync("osmo --server http://127.0.0.1:1 backend show ");
        Assert.DoesNotContain("east", away);
        Assert.Contains("--output", away);
    }

    private async Task<string[]> CompleteAsync(string line) => (await OkAsync($"[suggest:{line.Length}]", line)).Split('\n');

    private async Task<string> OkAsync(params string[] args)
    {
        var result = await _user.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"osmo {string.Join(' ', args)}: {result.ExitCode} {result.Error}{result.Out}");
        return result.Out;
    }
}
