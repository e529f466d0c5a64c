using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>The program's way of watching the clusters of a kubeconfig.</summary>
public sealed class WatchCommandTests : IAsyncDisposable
{
    private const string LabelsOn = """{"services":{"backendListener":{"enable_node_label_update":true}}}""";

    private readonly ScratchFolder _folder = new();
    private KubeSimServer? _cluster;

    public async ValueTask DisposeAsync()
    {
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_labels_nothing_is_patched_even_if_the_configuration_has_them_on(bool labels)
    {
        var kubeconfig = await StartClusterAsync();
        var patches = new ConcurrentQueue<PatchRecord>();
        _cluster!.Cluster.Patched += patches.Enqueue;
        string[] options = labels ? ["--labels"] : [];
        await using var watch = await ServerProcess.StartAsync(
            [
                "watch", "--kubeconfig", kubeconfig, "--context", "=real", "--url", "http://127.0.0.1:0", "--data", _folder.Of("data"),
                .. options,
            ],
            cancellationToken: TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = watch.Url };
        await Eventually.AgreesAsync(async () => Difference(await NodesAsync(http), ("node-0", true)), "the node is known");

        using var content = new StringContent(LabelsOn, Encoding.UTF8, "application/json");
        using var answer = await http.PatchAsync("/api/configs/backend/real", content, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        if (labels)
        {
            await Eventually.HoldsAsync(() => patches.Count == 1, "the node is labelled");
        }

        _cluster.Cluster.SetCondition("node-0", "Ready", "False");
        await Eventually.AgreesAsync(async () => Difference(await NodesAsync(http), ("node-0", false)), "the change is known");
        if (labels)
        {
            await Eventually.HoldsAsync(() => patches.Count == 2, "the node is labelled anew");
        }

        Assert.Equal(0, await watch.StopAsync("INT"));
        Assert.Equal(labels ? 2 : 0, patches.Count);
    }

    [Fact]
    public async Task Two_contexts_of_one_backend_name_are_refused()
    {
        var kubeconfig = await StartClusterAsync();
        var (exitCode, error) = await ServerProcess.RunAsync(
            "watch", "--kubeconfig", kubeconfig, "--context", "=real", "--context", "=real", "--data", _folder.Of("data"));
        Assert.Equal(1, exitCode);
        Assert.Equal(
            "osmo-server: 2 of the contexts have the backend name real. Name each of them otherwise: --context CONTEXT=NAME.", error);
    }

    [Fact]
    public async Task With_tokens_the_agents_are_let_in_and_the_commands_shown_carry_the_token()
    {
        var kubeconfig = await StartClusterAsync();
        var admin = _folder.Of("admin's token");
        await File.WriteAllTextAsync(admin, "an-administrators-token\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.Of("agent"), "a-token-for-the-agents\n", TestContext.Current.CancellationToken);
        await using var watch = await ServerProcess.StartAsync(
            [
                "watch", "--kubeconfig", kubeconfig, "--context", "=real", "--url", "http://127.0.0.1:0", "--data", _folder.Of("data"),
                "--admin-token-file", admin, "--agent-token-file", _folder.Of("agent"),
            ],
            cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            () => watch.Lines.Any(line => line.Contains("in step", StringComparison.Ordinal)),
            "the agent is in step",
            () => watch.ErrorText);

        var command = watch.Lines.Single(line => line.Contains("/nodes?", StringComparison.Ordinal)).Replace("available=false&", "");
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var answer = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"node-0\"", answer, StringComparison.Ordinal);
        var commands = watch.Lines.Where(line => line.Contains("curl ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, commands.Length);
        Assert.All(commands, line => Assert.Contains("$(cat ", line, StringComparison.Ordinal));
    }

    private async Task<string> StartClusterAsync()
    {
        _cluster = await KubeSimServer.StartAsync(cancel: TestContext.Current.CancellationToken);
        _cluster.Cluster.AddNode(NodeJson.Small("node-0", 0));
        var kubeconfig = _folder.Of("kubeconfig");
        await _cluster.WriteKubeConfigAsync(kubeconfig, cancel: TestContext.Current.CancellationToken);
        return kubeconfig;
    }

    private static async Task<JsonArray> NodesAsync(HttpClient http) =>
        (await http.GetFromJsonAsync<JsonNode>("/api/backends/real/nodes"))!["nodes"]!.AsArray();

    private static string? Difference(JsonArray nodes, (string Name, bool Available) expected) =>
        nodes.Any(node => (string?)node!["name"] == expected.Name && (bool?)node["available"] == expected.Available)
            ? null
            : nodes.ToJsonString();
}
