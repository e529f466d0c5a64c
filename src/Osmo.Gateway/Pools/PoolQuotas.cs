using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Gateway.Http;
using Osmo.Grains.Pools;

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
    /// <summary>What workloads use is not known here: nothing counts as used.</summary>
    public static GpuUsage Of(decimal quota, decimal capacity) =>
        new("0", Text(quota), Text(quota), "0", Text(capacity), Text(capacity));

    private static string Text(decimal amount) => decimal.Floor(amount).ToString(CultureInfo.InvariantCulture);
}

/// <summary>Pools that share nodes stand together; nodes that several have count once in the sum.</summary>
internal static class PoolQuotas
{
    /// <summary><c>{"node_sets": [{"pools": [...]}], "resource_sum": {...}}</c>.</summary>
    /// <param name="pools">The pools, each with what is said of it.</param>
    /// <param name="nodes">The available nodes that they have.</param>
    public static JsonObject Write(IReadOnlyList<(Pool Pool, JsonObject View)> pools, IReadOnlyList<PooledNode> nodes)
    {
        var capacities = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var sum = 0m;
        foreach (var node in nodes.Where(node => node.Memberships.Length > 0))
        {
            var gpus = NodeResources.Of(node.Node.Facts.Allocatable).Gpus;
            sum += gpus;
            foreach (var pool in PoolsOf(node))
            {
                capacities[pool] = capacities.GetValueOrDefault(pool) + gpus;
            }
        }

        var sets = new JsonArray();
        foreach (var set in pools.GroupBy(pool => pool.Pool.Name, NodeSets(pools, nodes)))
        {
            var members = new JsonArray();
            foreach (var (pool, view) in set)
            {
                var capacity = capacities.GetValueOrDefault(pool.Name);
                view["resource_usage"] = Serialize(GpuUsage.Of(pool.GpuQuota ?? capacity, capacity));
                members.Add(view);
            }

            sets.Add(new JsonObject { ["pools"] = members });
        }

        var quotas = pools.Sum(pool => pool.Pool.GpuQuota ?? capacities.GetValueOrDefault(pool.Pool.Name));
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
