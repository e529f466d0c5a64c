using System.Collections.Immutable;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;
using Osmo.KubeSim.Storage;

namespace Osmo.Bench.Fleet;

/// <summary>GPU nodes of about 13 KB JSON and 15 conditions, as an API server sends them.</summary>
internal static class RealisticNodes
{
    private const int ChunkNodes = 512;
    private const int ModelsMax = 2_000;
    private const string HostnameLabel = "kubernetes.io/hostname";

    /// <summary>A line of a watch, without its newline.</summary>
    public static byte[] EventLine(string type, SimulatedNode node) =>
        [.. "{\"type\":\""u8, .. System.Text.Encoding.ASCII.GetBytes(type), .. "\",\"object\":"u8, .. node.ToJsonUtf8(), .. "}"u8];

    /// <summary>Nodes as JSON, made as they are asked for and forgotten, on all cores.</summary>
    public static IEnumerable<byte[]> Json(int count)
    {
        var fleet = new FleetGenerator(new FleetOptions { Nodes = count });
        var chunk = new byte[ChunkNodes][];
        for (var start = 0; start < count; start += ChunkNodes)
        {
            var first = start;
            var size = Math.Min(ChunkNodes, count - start);
            Parallel.For(0, size, () => new SimulatedCluster(historyEventsMax: 1), (i, _, cluster) =>
            {
                // The simulator brings the fields into an API server's order.
                var node = cluster.AddNode(fleet.Generate(first + i));
                chunk[i] = node.ToJsonUtf8();
                cluster.RemoveNode(node.Name);
                return cluster;
            }, _ => { });
            for (var i = 0; i < size; i++)
            {
                yield return chunk[i];
            }
        }
    }

    /// <summary>Decoded nodes. Of a large fleet only the first are generated; the others are like them under names of their own.</summary>
    public static NodeProjection[] Decoded(int count)
    {
        var decoder = new NodeDecoder();
        var models = Json(Math.Min(count, ModelsMax)).Select(json => decoder.DecodeNode(json, known: null, out _)!).ToArray();
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => i < models.Length ? models[i] : Like(models[i % models.Length], i, random))];
    }

    /// <summary>The node with one of its conditions in the other status.</summary>
    public static NodeProjection WithFlipped(NodeProjection node, int condition)
    {
        var old = node.Conditions[condition];
        return With(node, conditions: node.Conditions.SetItem(condition, old with { Status = old.Status == "True" ? "False" : "True" }));
    }

    /// <summary>The node with one condition more.</summary>
    public static NodeProjection WithCondition(NodeProjection node, string type, string status) =>
        With(node, conditions: node.Conditions.Add(new NodeCondition(type, status)));

    /// <summary>The node under another name and uid.</summary>
    public static NodeProjection Like(NodeProjection model, string name, Guid uid)
    {
        var labels = model.Labels.Select(label => label.Key == HostnameLabel ? new NodeLabel(HostnameLabel, name) : label);
        return With(model, name, uid.ToString(), [.. labels]);
    }

    private static NodeProjection Like(NodeProjection model, int number, Random random)
    {
        Span<byte> uid = stackalloc byte[16];
        random.NextBytes(uid);
        return Like(model, $"gpu-{number:D5}", new Guid(uid));
    }

    private static NodeProjection With(
        NodeProjection node,
        string? name = null,
        string? uid = null,
        ImmutableArray<NodeLabel>? labels = null,
        ImmutableArray<NodeCondition>? conditions = null) => new()
        {
            Name = name ?? node.Name,
            Uid = uid ?? node.Uid,
            ResourceVersion = node.ResourceVersion,
            Unschedulable = node.Unschedulable,
            Labels = labels ?? node.Labels,
            Taints = node.Taints,
            Conditions = conditions ?? node.Conditions,
            Allocatable = node.Allocatable,
            Capacity = node.Capacity,
        };
}
