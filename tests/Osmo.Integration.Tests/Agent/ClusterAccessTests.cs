using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Integration.Tests.Agent;

/// <summary>A kubeconfig that is broken ends the agent in a sentence; one that may work later is tried again, and says why.</summary>
public sealed class ClusterAccessTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Kubeconfig => _folder.Of("config");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("clusters: [")]
    [InlineData("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: none\n")]
    public async Task A_broken_kubeconfig_ends_the_agent(string? text)
    {
        if (text is not null)
        {
            await File.WriteAllTextAsync(Kubeconfig, text, TestContext.Current.CancellationToken);
        }

        using var errors = new StringWriter();
        string[] args = ["--backend", "east", "--namespace", "workflows", "--kubeconfig", Kubeconfig];
        var exitCode = await AgentHost.RunAsync(
            args, _ => null, TextWriter.Null, errors, _ => NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(AgentHost.ExitUsage, exitCode);
        Assert.StartsWith("osmo-agent: ", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains(Kubeconfig, errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_token_is_told_and_a_renewed_one_is_taken_up()
    {
        await using var kube = await KubeSimServer.StartAsync(
            new KubeSimOptions { Tls = true, Tokens = new Dictionary<string, KubeSimUser> { ["fresh-token"] = new("agent") } },
            TestContext.Current.CancellationToken);
        kube.Cluster.AddNode(NodeJson.Small("node-0", 0));
        await using var silo = await ScriptedSilo.StartAsync();
        await File.WriteAllTextAsync(_folder.Of("token"), "expired-token", TestContext.Current.CancellationToken);
        var authority = Convert.ToBase64String(Encoding.UTF8.GetBytes(kube.AuthorityPem!));
        await File.WriteAllTextAsync(
            Kubeconfig,
            $$"""
            {"apiVersion": "v1", "kind": "Config", "current-context": "c",
             "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"} }],
             "clusters": [{"name": "c", "cluster": {"server": "{{kube.BaseUri}}", "certificate-authority-data": "{{authority}}"} }],
             "users": [{"name": "u", "user": {"tokenFile": "{{_folder.Of("token")}}"} }]}
            """,
            TestContext.Current.CancellationToken);
        await RunsAsync(silo, async agent =>
        {
            await Eventually.HoldsAsync(() => Tells(agent, "401"), "401 is told", () => agent.State);
            Assert.DoesNotContain("expired-token", agent.State.LastClusterError!, StringComparison.Ordinal);
            await File.WriteAllTextAsync(_folder.Of("token"), "fresh-token", TestContext.Current.CancellationToken);
            Assert.Single((await silo.SnapshotAsync()).Fleet.Nodes);
        });
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_told()
    {
        var port = ReservedPorts.Next();
        await using var silo = await ScriptedSilo.StartAsync();
        await File.WriteAllTextAsync(
            Kubeconfig,
            $$"""
            {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"} }],
             "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:{{port}}"} }]}
            """,
            TestContext.Current.CancellationToken);
        await RunsAsync(silo, async agent =>
            await Eventually.HoldsAsync(
                () => Tells(agent, $"127.0.0.1:{port}"), "the server is named", () => agent.State));
    }

    private static bool Tells(BackendAgent agent, string text) =>
        agent.State.LastClusterError?.Contains(text, StringComparison.Ordinal) == true;

    private async Task RunsAsync(ScriptedSilo silo, Func<BackendAgent, Task> test)
    {
        var options = new AgentOptions
        {
            Host = silo.Address,
            Namespace = "workflows",
            Reflector = new ReflectorOptions { BackoffMsInitial = 10, BackoffMsMax = 100, RefusedBackoffMsMax = 50 },
        };
        using var stop = new CancellationTokenSource();
        using var agent = new BackendAgent(options, KubernetesConfiguration.Load(Kubeconfig, null));
        var running = Task.Run(() => agent.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            await test(agent);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }
}
