using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

public sealed class SimulatedClusterTests
{
    [Fact]
    public void A_node_with_every_field_comes_back_as_it_was_given()
    {
        var cluster = new SimulatedCluster();
        var given = JsonNode.Parse(File.ReadAllBytes(SharedMaterial.PathOf("data", "nodes", "every-field.json")))!.AsObject();
        // Names are lower case in the API; the example's are no valid ones.
        var metadata = given["metadata"]!.AsObject();
        metadata["name"] = "every-field";
        var node = cluster.AddNode(given.DeepClone().AsObject());
        metadata["resourceVersion"] = node.ResourceVersion;
        Assert.Equal(Json.ToText(given), System.Text.Encoding.UTF8.GetString(node.ToJsonUtf8()));
    }

    [Fact]
    public void Direct_calls_do_what_their_real_causes_do()
    {
        var cluster = Fleet(nodes: 2);
        Assert.True(cluster.Cordon("gpu-00001"));
        Assert.True(cluster.TryGet("gpu-00001")!.Unschedulable);
        Assert.Contains("node.kubernetes.io/unschedulable", JsonOf(cluster, "gpu-00001"));
        cluster.Cordon("gpu-00001", unschedulable: false);
        Assert.False(cluster.TryGet("gpu-00001")!.Unschedulable);
        Assert.DoesNotContain("unschedulable", JsonOf(cluster, "gpu-00001"));

        cluster.SetLabel("gpu-00001", "a", "b");
        Assert.Equal("b", cluster.TryGet("gpu-00001")!.Labels["a"]);
        cluster.SetLabel("gpu-00001", "a", null);
        Assert.False(cluster.TryGet("gpu-00001")!.Labels.ContainsKey("a"));

        Assert.True(cluster.SetCondition("gpu-00001", "GpuHealthy", "False", "Xid79", "fallen off the bus"));
        Assert.Equal("False", cluster.TryGet("gpu-00001")!.ConditionStatus("GpuHealthy"));
        cluster.SetCondition("gpu-00001", "Brand new", "Unknown");
        Assert.Equal("Unknown", cluster.TryGet("gpu-00001")!.ConditionStatus("Brand new"));

        Assert.True(cluster.RemoveNode("gpu-00001"));
        Assert.False(cluster.RemoveNode("gpu-00001"));
        Assert.False(cluster.Cordon("gpu-00001"));
        Assert.Equal(1, cluster.NodeCount);
    }

    [Fact]
    public void A_heartbeat_changes_heartbeat_times_and_the_version_alone()
    {
        var cluster = Fleet(nodes: 1);
        var before = cluster.TryGet("gpu-00000")!;
        cluster.Heartbeat("gpu-00000");
        var after = cluster.TryGet("gpu-00000")!;
        Assert.True(after.Version > before.Version);
        Assert.Same(before.Segments.Images, after.Segments.Images);
        var (old, fresh) = (before.Conditions(), after.Conditions());
        foreach (var condition in old.Concat(fresh))
        {
            condition!.AsObject().Remove("lastHeartbeatTime");
        }

        Assert.True(JsonNode.DeepEquals(old, fresh));
        Assert.False(before.Segments.Conditions.AsSpan().SequenceEqual(after.Segments.Conditions));
    }

    [Fact]
    public void Snapshots_of_past_versions_last_as_long_as_the_history()
    {
        var cluster = Fleet(nodes: 3, historyEventsMax: 4);
        var version = cluster.ResourceVersion;
        cluster.RemoveNode("gpu-00000");
        Assert.Equal(3, cluster.Store.At(version)!.Nodes.Count);
        Assert.True(cluster.Store.TryOpenCursor(version, out _, out _));
        for (var i = 0; i < 8; i++)
        {
            cluster.Heartbeat("gpu-00001");
        }

        Assert.Null(cluster.Store.At(version));
        Assert.False(cluster.Store.TryOpenCursor(version, out _, out var oldest));
        Assert.True(cluster.Store.TryOpenCursor(oldest, out var cursor, out _));
        var events = new List<StoreEvent>();
        Assert.True(cluster.Store.TryRead(ref cursor, events, 100, 100, out var current));
        Assert.Equal(cluster.ResourceVersion, events[^1].Version);
        Assert.Equal(current, cluster.ResourceVersion);
        Assert.Equal(events.Select(e => e.Version).Order(), events.Select(e => e.Version));
    }

    [Fact]
    public void Concurrent_writes_of_one_node_are_all_kept()
    {
        var cluster = Fleet(nodes: 1);
        var before = cluster.ResourceVersion;
        Parallel.For(0, 100, i => cluster.SetLabel("gpu-00000", $"writer-{i}", "done"));
        Assert.Equal(100, cluster.TryGet("gpu-00000")!.Labels.Count(l => l.Key.StartsWith("writer-", StringComparison.Ordinal)));
        Assert.Equal(before + 100, cluster.ResourceVersion);
    }

    internal static SimulatedCluster Fleet(int nodes, int seed = 1, int historyEventsMax = 8192)
    {
        var cluster = new SimulatedCluster(historyEventsMax: historyEventsMax);
        new FleetGenerator(new FleetOptions { Nodes = nodes, Seed = seed }).Fill(cluster);
        return cluster;
    }

    private static string JsonOf(SimulatedCluster cluster, string node) =>
        System.Text.Encoding.UTF8.GetString(cluster.TryGet(node)!.ToJsonUtf8());
}
