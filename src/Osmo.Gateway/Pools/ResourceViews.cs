using Osmo.Domain.Nodes;
using Osmo.Domain.Pools;
using PoolMap = System.Collections.Generic.SortedDictionary<
    string,
    System.Collections.Generic.SortedDictionary<string, System.Collections.Generic.SortedDictionary<string, string>>>;

namespace Osmo.Gateway.Pools;

/// <summary>Nodes as OSMO's clients list them.</summary>
/// <param name="Resources">By backend and name.</param>
internal sealed record ResourceList(IReadOnlyList<ResourceView> Resources);

/// <summary>What pods of a platform may ask for.</summary>
internal sealed record AllowanceView(
    bool HostNetwork, bool Privileged, IReadOnlyList<string> DefaultMounts, IReadOnlyList<string> AllowedMounts)
{
    public static AllowanceView Of(PodAllowances allowances) =>
        new(allowances.HostNetwork, allowances.Privileged, allowances.DefaultMounts, allowances.AllowedMounts);
}

/// <summary>
/// A node as OSMO's clients list it. Agents of ours do not say what workloads use: all of what is allocatable counts as free then.
/// </summary>
/// <param name="Hostname">The node's name.</param>
/// <param name="Backend">Its backend.</param>
/// <param name="ResourceType"><c>RESERVED</c> (in one pool), <c>SHARED</c> (in several) or <c>UNUSED</c> (in none).</param>
/// <param name="ExposedFields">What tables show: node, pool/platform, and amounts in cores, pieces and Gi.</param>
/// <param name="UsageFields">What is in use, with units.</param>
/// <param name="NonWorkflowUsageFields">What is in use by others than workflows, as the agent reports it.</param>
/// <param name="AllocatableFields">What pods may use, with units.</param>
/// <param name="PlatformAllocatableFields">The same by pool and platform.</param>
/// <param name="PlatformAvailableFields">What is left of it.</param>
/// <param name="PlatformWorkflowAllocatableFields">What workflows may use of it.</param>
/// <param name="PoolPlatformLabels">The platforms that the node is in, by pool.</param>
/// <param name="ConfigFields">What pods may do, by pool and platform.</param>
/// <param name="Taints">The node's taints.</param>
/// <param name="Conditions">Null: see <c>/api/backends/{name}/nodes/{node}</c>.</param>
/// <param name="LabelFields">Null, likewise.</param>
internal sealed record ResourceView(
    string Hostname,
    string Backend,
    string ResourceType,
    SortedDictionary<string, object> ExposedFields,
    SortedDictionary<string, string> UsageFields,
    SortedDictionary<string, string> NonWorkflowUsageFields,
    SortedDictionary<string, string> AllocatableFields,
    PoolMap PlatformAllocatableFields,
    PoolMap PlatformAvailableFields,
    PoolMap PlatformWorkflowAllocatableFields,
    SortedDictionary<string, IReadOnlyList<string>> PoolPlatformLabels,
    SortedDictionary<string, SortedDictionary<string, AllowanceView>> ConfigFields,
    IReadOnlyList<NodeTaint> Taints,
    IReadOnlyList<string>? Conditions = null,
    IReadOnlyDictionary<string, string>? LabelFields = null)
{
    public static ResourceView Of(PooledNode pooled)
    {
        var resources = NodeResources.Of(pooled.Node.Facts.Allocatable);
        var inUse = NodeResources.Of(pooled.Node.Usage?.All ?? []);
        var allocatable = resources.WithUnits();
        var available = resources.Less(inUse).WithUnits();
        var forWorkflows = resources.Less(NodeResources.Of(pooled.Node.Usage?.NonWorkflow ?? [])).WithUnits();
        var byPool = pooled.Memberships.GroupBy(membership => membership.Pool.Name, StringComparer.Ordinal).ToArray();
        var exposed = resources.Exposed();
        exposed["node"] = pooled.Node.Name;
        exposed["pool/platform"] = pooled.Memberships.Select(membership => $"{membership.Pool.Name}/{membership.Platform.Name}").ToArray();
        var configs = new SortedDictionary<string, SortedDictionary<string, AllowanceView>>(StringComparer.Ordinal);
        foreach (var (pool, platform) in pooled.Memberships)
        {
            Inner(configs, pool.Name)[platform.Name] = AllowanceView.Of(platform.Allowances);
        }

        return new ResourceView(
            pooled.Node.Name,
            pooled.Backend,
            byPool.Length switch { 0 => "UNUSED", 1 => "RESERVED", _ => "SHARED" },
            exposed,
            inUse.WithUnits(),
            new((pooled.Node.Usage?.NonWorkflow ?? []).ToDictionary(item => item.Name, item => item.Quantity), StringComparer.Ordinal),
            allocatable,
            OfEach(pooled, allocatable),
            OfEach(pooled, available),
            OfEach(pooled, forWorkflows),
            new(byPool.ToDictionary(
                pool => pool.Key,
                IReadOnlyList<string> (pool) => [.. pool.Select(membership => membership.Platform.Name)]), StringComparer.Ordinal),
            configs,
            [.. pooled.Node.Facts.Taints]);
    }

    private static PoolMap OfEach(PooledNode pooled, SortedDictionary<string, string> amounts)
    {
        var byPlatform = new PoolMap(StringComparer.Ordinal);
        foreach (var (pool, platform) in pooled.Memberships)
        {
            Inner(byPlatform, pool.Name)[platform.Name] = amounts;
        }

        return byPlatform;
    }

    private static SortedDictionary<string, T> Inner<T>(SortedDictionary<string, SortedDictionary<string, T>> outer, string key)
    {
        if (!outer.TryGetValue(key, out var inner))
        {
            outer.Add(key, inner = new SortedDictionary<string, T>(StringComparer.Ordinal));
        }

        return inner;
    }
}
