using System.Text;
using System.Text.Json.Nodes;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>What pods request, and what of it a node has in use.</summary>
public sealed class UsageTests
{
    private readonly UsageTable _table = new(["workflows", "staging"], new AsyncSignal());

    public static TheoryData<string, string, double?> Quantities()
    {
        TheoryData<string, string, double?> rows = [];
        foreach (string line in File.ReadLines(SharedMaterial.PathOf("protocol", "samples", "vectors-quantities.jsonl")))
        {
            JsonNode vector = JsonNode.Parse(line)!;
            if ((string?)vector["target"] is null or "B")
            {
                double? expected = vector["out"]!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (double)vector["out"]! : null;
                rows.Add((string)vector["fn"]!, (string)vector["in"]!, expected);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Quantities))]
    public void Quantities_count_as_for_OSMOs_agent_and_none_is_fatal(string kind, string quantity, double? expected)
    {
        double found = (double)(kind == "cpu" ? RequestedAmount.Cores(quantity) : RequestedAmount.Bytes(quantity));
        if (expected is { } wanted)
        {
            Assert.Equal(wanted, found, 12);
        }
        else
        {
            Assert.InRange(found, 0, double.MaxValue);
        }
    }

    [Theory]
    [InlineData("1k", 1000)]
    [InlineData("500k", 500_000)]
    [InlineData("129e6", 129_000_000)]
    [InlineData("1Pi", 1_125_899_906_842_624)]
    [InlineData("-5", 0)]
    [InlineData("many", 0)]
    [InlineData("", 0)]
    [InlineData("9999999999999999999999T", 1e18)]
    public void Where_OSMOs_agent_ends_Kubernetes_says_what_is_meant(string quantity, double bytes) =>
        Assert.Equal(bytes, (double)RequestedAmount.Bytes(quantity));

    [Fact]
    public void Sums_are_exact_and_rounded_up_at_the_end()
    {
        _table.Replace([.. Enumerable.Range(0, 10).Select(i => Pod($"p{i}", "default", "a", "Running", ("cpu", "100m"), ("memory", "1")))]);
        RequestedAmount all = Take()["a"].All;
        Assert.Equal(("1", "1Ki", "0Ki", "0"), (all.WholeCores, all.MemoryKi, all.StorageKi, all.WholeGpus));

        _table.Upsert(Pod("one-more", "default", "a", "Running", ("cpu", "1m"), ("memory", "1015"), ("nvidia.com/gpu", "2")));
        all = Take()["a"].All;
        Assert.Equal(("2", "2Ki", "0Ki", "2"), (all.WholeCores, all.MemoryKi, all.StorageKi, all.WholeGpus));
    }

    [Fact]
    public void Pods_count_while_they_have_a_node_and_have_not_ended()
    {
        _table.Replace(
        [
            Pod("runs", "default", "a", "Running", ("cpu", "1")),
            Pod("starts", "default", "a", "Pending", ("cpu", "2")),
            Pod("waits", "default", "", "Pending", ("cpu", "4")),
            Pod("done", "default", "a", "Succeeded", ("cpu", "8")),
            Pod("broken", "default", "a", "Failed", ("cpu", "16")),
            Pod("lost", "default", "a", "Unknown", ("cpu", "32")),
        ]);
        Assert.Equal("3", Take()["a"].All.WholeCores);

        _table.Upsert(Pod("waits", "default", "b", "Pending", ("cpu", "4")));
        _table.Upsert(Pod("runs", "default", "a", "Succeeded", ("cpu", "1")));
        Dictionary<string, NodeUsage> changed = Take();
        Assert.Equal(("2", "4"), (changed["a"].All.WholeCores, changed["b"].All.WholeCores));

        _table.Delete(Pod("starts", "default", "a", "Pending"));
        Assert.Equal(default, Take()["a"]);
        _table.Replace([]);
        Assert.Equal(default, Take()["b"]);
    }

    [Fact]
    public void Pods_of_the_workflows_namespaces_are_told_apart()
    {
        _table.Replace(
        [
            Pod("task", "workflows", "a", "Running", ("nvidia.com/gpu", "4")),
            Pod("stage", "staging", "a", "Running", ("nvidia.com/gpu", "2")),
            Pod("system", "kube-system", "a", "Running", ("nvidia.com/gpu", "1")),
        ]);
        NodeUsage used = Take()["a"];
        Assert.Equal(("7", "1"), (used.All.WholeGpus, used.NonWorkflow.WholeGpus));
    }

    [Fact]
    public void Nothing_is_told_before_pods_were_listed()
    {
        _table.Mark("a");
        Assert.False(_table.TryTake(out _, out _));
        _table.Replace([]);
        Assert.Equal(default, Take()["a"]);
    }

    [Fact]
    public void Pods_are_read_with_what_they_lack_and_what_is_odd()
    {
        ObjectPage<PodProjection> page = ObjectReader.ReadList(
            PodReflector.Kind,
            """
            {"kind":"PodList","metadata":{"resourceVersion":"9","continue":"next"},"items":[
              {"metadata":{"name":"a","namespace":"n","uid":"u","labels":{"x":"y"}},
               "spec":{"initContainers":[{"resources":{"requests":{"cpu":"9"}}}],"nodeName":"node-1",
                 "containers":[{"name":"c","resources":{"requests":{"cpu":"1","memory":5}}},{"resources":{}},{"name":"d"},
                   {"resources":{"limits":{"cpu":"7"},"requests":{"cpu":"2"}}}]},
               "status":{"phase":"Running"}},
              {"metadata":{"name":"b"},"spec":{"containers":null},"status":null},
              {"metadata":{"name":[7]},"spec":[]},
              "odd"]}
            """u8);
        Assert.Equal(("9", "next", 2), (page.ResourceVersion, page.Continue, page.Items.Count));
        PodProjection pod = page.Items[0];
        Assert.Equal(("n", "a", "u", "node-1", "Running"), (pod.Namespace, pod.Name, pod.Uid, pod.Node, pod.Phase));
        Assert.Equal(["cpu=1", "memory=5", "cpu=2"], pod.Requests.Select(request => $"{request.Name}={request.Quantity}"));

        ObjectEvent<PodProjection> gone = ObjectReader.ReadEvent(
            PodReflector.Kind, """{"object":{"metadata":{"name":"a","resourceVersion":"12"}},"type":"DELETED"}"""u8);
        Assert.Equal((WatchEventType.Deleted, "a", "12"), (gone.Type, gone.Item?.Name, gone.ResourceVersion));
        ObjectEvent<PodProjection> error = ObjectReader.ReadEvent(
            PodReflector.Kind, """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"""u8);
        Assert.True(error.Status?.IsExpired);
        Assert.Throws<JsonFormatException>(() => ObjectReader.ReadEvent(PodReflector.Kind, Encoding.UTF8.GetBytes("{\"type\":\"ADDED\"}")));
        Assert.Throws<JsonFormatException>(() => ObjectReader.ReadList(PodReflector.Kind, "{\"kind\":\"Status\"}"u8));
    }

    private static PodProjection Pod(
        string name, string ns, string node, string phase, params (string Name, string Quantity)[] requests) => new()
        {
            Namespace = ns,
            Name = name,
            Node = node,
            Phase = phase,
            Requests = [.. requests.Select(request => new NodeResource(request.Name, request.Quantity))],
        };

    private Dictionary<string, NodeUsage> Take()
    {
        Dictionary<string, NodeUsage> taken = [];
        while (_table.TryTake(out string node, out NodeUsage usage))
        {
            taken[node] = usage;
        }

        return taken;
    }
}
