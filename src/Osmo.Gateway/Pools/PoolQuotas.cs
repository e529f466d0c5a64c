using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain.Nodes;
using Osmo.Domain.Pools;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Pools;

/// <summary>GPUs of a pool, as whole numbers.</summary>
/// <param name="QuotaUsed">Of the quota in use.</param>
/// <param name="QuotaFree">Left of the quota.</param>
/// <param name="QuotaLimit">The quota: what the pool is limited to, or what there is.</param>
/// <param name="TotalUsage">In use.</param>
/// <param name="TotalCapacity">On the pool's available nodes.</param>
/// <param name="TotalFree">Left of these.</param>
internal sealed record GpuUsage(
    string QuotaUsed, string QuotaFree, string QuotaLimit, string TotalUsage, string TotalCapacity, string TotalFree)
{
    /// <summary>Whole GPUs. Only workflows use up a quota.</summary>
    /// <param name="quota">The quota.</param>
    /// <param name="gpus">What the nodes have and what is in use of it.</param>
    public static GpuUsage Of(decimal quota, PoolGpus gpus) => new(
        Text(gpus.UsedByWorkflows),
        Text(Math.Max(0, quota - gpus.UsedByWorkflows)),
        Text(quota),
        Text(gpus.Used),
        Text(gpus.Capacity),
        Text(Math.Max(0, gpus.Capacity - gpus.Used)));

    private static string Text(decimal amount) => decimal.Floor(amount).ToString(CultureInfo.InvariantCulture);
}

/// <summary>GPUs of some nodes.</summary>
/// <param name="Capacity">That pods may use.</param>
/// <param name="Used">In use; nothing of nodes whose agent does not say.</param>
/// <param name="UsedByWorkflows">The part of it that workflows use.</param>
internal readonly record struct PoolGpus(decimal Capacity, decimal Used, decimal UsedByWorkflows)
{
    public static PoolGpus Of(NodeSnapshot node)
    {
        var used = NodeResources.Of(node.Usage?.All ?? []).Gpus;
        var others = NodeResources.Of(node.Usage?.NonWorkflow ?? []).Gpus;
        return new(NodeResources.Of(node.Facts.Allocatable).Gpus, used, Math.Max(0, used - others));
    }

    public static PoolGpus operator +(PoolGpus x, PoolGpus y) =>
        new(x.Capacity + y.Capacity, x.Used + y.Used, x.UsedByWorkflows + y.UsedByWorkflows);
}

/// <summary>Pools that share nodes stand together; nodes that several have count once in the sum.</summary>
internal static class PoolQuotas
{
    /// <summary><c>{"node_sets": [{"pools": [...]}], "resource_sum": {...}}</c>.</summary>
    /// <param name="pools">The pools, each with what is said of it.</param>
    /// <param name="nodes">The available nodes that they have.</param>
    public static JsonObject Write(IReadOnlyList<(Pool Pool, JsonObject View)> pools, IReadOnlyList<PooledNode> nodes)
    {
        var gpusOf = new Dictionary<string, PoolGpus>(StringComparer.Ordinal);
        var sum = default(PoolGpus);
        foreach (var node in nodes.Where(node => node.Memberships.Length > 0))
        {
            var gpus = PoolGpus.Of(node.Node);
            sum += gpus;
            foreach (var pool in PoolsOf(node))
            {
                gpusOf[pool] = gpusOf.GetValueOrDefault(pool) + gpus;
            }
        }

        var sets = new JsonArray();
        foreach (var set in pools.GroupBy(pool => pool.Pool.Name, NodeSets(pools, nodes)))
        {
            var members = new JsonArray();
            foreach (var (pool, view) in set)
            {
                var gpus = gpusOf.GetValueOrDefault(pool.Name);
                view["resource_usage"] = Serialize(GpuUsage.Of(pool.GpuQuota ?? gpus.Capacity, gpus));
                members.Add(view);
            }

            sets.Add(new JsonObject { ["pools"] = members });
        }

        var quotas = pools.Sum(pool => pool.Pool.GpuQuota ?? gpusOf.GetValueOrDefault(pool.Pool.Name).Capacity);
        return new JsonObject { ["node_sets"] = sets, ["resource_sum"] = Serialize(GpuUsage.Of(quotas, sum)) };
    }

    private static JsonNode? Serialize(GpuUsage usage) => JsonSerializer.SerializeToNode(usage, GatewayJson.Options);

    private static IEnumerable<string> PoolsOf(PooledNode node) =>
        node.Memberships.Select(membership => membership.Pool.Name).Distinct(StringComparer.Ordinal);

    /// <summary>Pools are equal here where nodes that they share connect them, directly or by way of others.</summary>
    private static EqualityComparer<string> NodeSets(IReadOnlyList<(Pool Pool, JsonObject View)> pools, IReadOnlyList<PooledNode> nodes)
    {
        var parents = pools.ToDictionary(pool => pool.Pool.Name, pool => pool.Pool.Name, StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            ImmutableArray<string> together = [.. PoolsOf(node)];
            foreach (var pool in together.Skip(1))
            {
                parents[Root(pool)] = Root(together[0]);
            }
        }

        return EqualityComparer<string>.Create((x, y) => Root(x!) == Root(y!), pool => Root(pool).GetHashCode(StringComparison.Ordinal));

        string Root(string pool)
        {
            while (parents[pool] is var parent && parent != pool)
            {
                pool = parent;
            }

            return pool;
        }
    }
}
