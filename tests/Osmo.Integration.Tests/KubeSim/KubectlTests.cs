using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>What people do to nodes with the real kubectl.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string NewNode = """
        apiVersion: v1
        kind: Node
        metadata:
          name: node-new
          labels: {example.com/made: by-hand}
        """;

    private KubeSimServer _server = null!;
    private KubectlProcess _kubectl = null!;

    public async ValueTask InitializeAsync()
    {
        var cluster = new SimulatedCluster(kubeSystemUid: "11111111-2222-4333-8444-555555555555");
        new FleetGenerator(new FleetOptions { Nodes = 5 }).Fill(cluster);
        _server = await KubeSimServer.StartAsync(new KubeSimOptions { Cluster = cluster }, TestContext.Current.CancellationToken);
        _kubectl = await KubectlProcess.ForAsync(_server);
    }

    public async ValueTask DisposeAsync()
    {
        await _kubectl.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Get_in_every_form()
    {
        Assert.Matches(@"gpu-00004\s+Ready\s+worker\s+\d+d\s+v1\.36\.2", await _kubectl.RunAsync("get nodes"));
        Assert.Matches(@"gpu-00004 .*10\.0\.0\.4 .*Ubuntu .*containerd://", await _kubectl.RunAsync("get nodes -o wide"));
        var json = JsonNode.Parse(await _kubectl.RunAsync("get nodes -o json"))!;
        Assert.Equal(5, json["items"]!.AsArray().Count);
        Assert.Contains("nvidia.com/gpu: \"8\"", await _kubectl.RunAsync("get node gpu-00000 -o yaml"));
        Assert.Equal(5, (await _kubectl.RunAsync("get nodes --chunk-size=2 -o name")).Count(c => c == '\n'));
        Assert.Equal("node/gpu-00003\n", await _kubectl.RunAsync("get nodes --field-selector metadata.name=gpu-00003 -o name"));
        Assert.Equal("node/gpu-00003\n", await _kubectl.RunAsync("get nodes -l kubernetes.io/hostname=gpu-00003 -o name"));
        Assert.Contains("\"gitVersion\":\"v1.36.2\"", await _kubectl.RunAsync("get --raw /version"));
        Assert.Contains("11111111-2222-4333-8444-555555555555", await _kubectl.RunAsync("get ns kube-system -o jsonpath={.metadata.uid}"));
        Assert.Contains("No resources found", await _kubectl.RunAsync("get pods -A"));
        Assert.Contains("(NotFound)", await _kubectl.RunAsync("get node none", exitCode: 1));
        var described = await _kubectl.RunAsync("describe node gpu-00001");
        Assert.Matches(@"GpuHealthy\s+True", described);
        Assert.Matches(@"nvidia.com/gpu:\s+8", described);
    }

    [Fact]
    public async Task Explain()
    {
        var node = await _kubectl.RunAsync("explain node");
        Assert.Matches(@"KIND:\s+Node\nVERSION:\s+v1", node);
        Assert.Matches(@"spec\s+<Object>", node);
        Assert.Matches(@"taints\s+<\[\]Object>", await _kubectl.RunAsync("explain node.spec"));
        Assert.Matches(@"effect\s+<string> -required-", await _kubectl.RunAsync("explain node.spec.taints"));
    }

    [Fact]
    public async Task Labels_annotations_taints_and_cordons()
    {
        await _kubectl.RunAsync("label node gpu-00001 example.com/a=b");
        Assert.Equal("b", _server.Cluster.TryGet("gpu-00001")!.Labels["example.com/a"]);
        await _kubectl.RunAsync("label node gpu-00001 example.com/a-");
        Assert.DoesNotContain("example.com/a", _server.Cluster.TryGet("gpu-00001")!.Labels.Keys);
        await _kubectl.RunAsync("annotate node gpu-00001 example.com/note=text");
        await _kubectl.RunAsync("cordon gpu-00001");
        Assert.True(_server.Cluster.TryGet("gpu-00001")!.Unschedulable);
        Assert.Contains("Ready,SchedulingDisabled", await _kubectl.RunAsync("get node gpu-00001"));
        await _kubectl.RunAsync("uncordon gpu-00001");
        Assert.False(_server.Cluster.TryGet("gpu-00001")!.Unschedulable);
        await _kubectl.RunAsync("taint node gpu-00001 example.com/k=v:NoExecute");
        const string TaintKeys = "get node gpu-00001 -o jsonpath={.spec.taints[*].key}";
        Assert.Equal("example.com/k nvidia.com/gpu", string.Join(' ', (await _kubectl.RunAsync(TaintKeys)).Split(' ').Order()));
        await _kubectl.RunAsync("taint node gpu-00001 example.com/k-");
        Assert.Equal("nvidia.com/gpu", await _kubectl.RunAsync(TaintKeys));
    }

    [Fact]
    public async Task Patches_of_every_type()
    {
        await _kubectl.RunAsync(Quoted("""patch node gpu-00002 --type merge -p {"metadata":{"labels":{"x":"y"}}}"""));
        Assert.Equal("y", _server.Cluster.TryGet("gpu-00002")!.Labels["x"]);
        await _kubectl.RunAsync(
            Quoted("""patch node gpu-00002 --type json -p [{"op":"remove","path":"/metadata/labels/x"}]"""));
        Assert.DoesNotContain("x", _server.Cluster.TryGet("gpu-00002")!.Labels.Keys);
        var before = _server.Cluster.TryGet("gpu-00002")!;
        await _kubectl.RunAsync(Quoted("""
            patch node gpu-00002 --subresource=status --type strategic -p {"status":{"conditions":[{"type":"GpuHealthy","status":"False"}]}}
            """));
        var after = _server.Cluster.TryGet("gpu-00002")!;
        Assert.Equal("True", before.ConditionStatus("GpuHealthy"));
        Assert.Equal("False", after.ConditionStatus("GpuHealthy"));
        Assert.Equal("True", after.ConditionStatus("Ready"));
    }

    [Fact]
    public async Task Create_apply_and_delete()
    {
        await _kubectl.RunAsync("create -f -", NewNode);
        Assert.Contains("(AlreadyExists)", await _kubectl.RunAsync("create -f -", NewNode, exitCode: 1));
        await _kubectl.RunAsync("apply -f -", NewNode.Replace("by-hand", "by-apply", StringComparison.Ordinal));
        Assert.Equal("by-apply", _server.Cluster.TryGet("node-new")!.Labels["example.com/made"]);
        Assert.Contains(
            "unchanged", await _kubectl.RunAsync("apply -f -", NewNode.Replace("by-hand", "by-apply", StringComparison.Ordinal)));
        var misspelt = NewNode.Replace("node-new", "other", StringComparison.Ordinal) + "\nspec: {nonsense: 1}";
        Assert.Contains(
            "strict decoding error: unknown field \"spec.nonsense\"", await _kubectl.RunAsync("create -f -", misspelt, exitCode: 1));
        await _kubectl.RunAsync("delete node node-new");
        Assert.Null(_server.Cluster.TryGet("node-new"));
    }

    [Fact]
    public async Task Watch_prints_changes_as_they_happen()
    {
        using var watch = _kubectl.Start("get nodes -w --output-watch-events");
        try
        {
            await ReadUntilAsync(watch.StandardOutput, "gpu-00004");
            _server.Cluster.SetCondition("gpu-00004", "Ready", "False");
            Assert.Matches(@"MODIFIED\s+gpu-00004\s+NotReady", await ReadUntilAsync(watch.StandardOutput, "NotReady"));
            _server.Cluster.RemoveNode("gpu-00004");
            Assert.Matches(@"DELETED\s+gpu-00004", await ReadUntilAsync(watch.StandardOutput, "DELETED"));
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public async Task Tls_with_a_client_certificate_or_a_token()
    {
        await using var server = await KubeSimServer.StartAsync(new KubeSimOptions
        {
            Tls = true,
            RequireClientCertificate = true,
            Cluster = _server.Cluster,
            Tokens = new Dictionary<string, KubeSimUser> { ["reader"] = new("reader", new HashSet<string> { "get", "list", "watch" }) },
        }, TestContext.Current.CancellationToken);
        await using var certified = await KubectlProcess.ForAsync(server, clientCertificateUser: "admin");
        await certified.RunAsync("label node gpu-00000 by=certificate");
        await using var reader = await KubectlProcess.ForAsync(server, token: "reader");
        Assert.Contains("gpu-00000", await reader.RunAsync("get nodes"));
        Assert.Contains("nodes \"gpu-00000\" is forbidden: User \"reader\" cannot patch resource \"nodes\"",
            await reader.RunAsync("label node gpu-00000 by=token --overwrite", exitCode: 1));
        await using var nobody = await KubectlProcess.ForAsync(server);
        Assert.Contains("error", await nobody.RunAsync("get --raw /api/v1/nodes", exitCode: 1), StringComparison.OrdinalIgnoreCase);
    }

    private static string Quoted(string arguments) => arguments.Replace("\"", "\\\"", StringComparison.Ordinal);

    private static async Task<string> ReadUntilAsync(StreamReader reader, string text)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"kubectl ended before it printed {text}");
    }
}
