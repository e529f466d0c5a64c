using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Osmo.Domain.Nodes;

/// <summary>
/// Shares the parts of node facts: machines of one kind carry the same 80 labels but for a handful, so a node costs references
/// instead of strings. Bounded: past <see cref="ItemsMax"/> it forgets what it holds, which costs sharing and nothing else. Not
/// thread-safe; each source of facts has its own.
/// </summary>
public sealed class NodeFactsPool
{
    /// <summary>Most items of each kind that are held for sharing.</summary>
    public const int ItemsMax = 65_536;

    private readonly Dictionary<(string Key, string Value), NodeLabel> _labels = [];
    private readonly Dictionary<(string Key, string Value, string Effect), NodeTaint> _taints = [];
    private readonly Dictionary<(string Name, string Quantity), NodeResource> _resources = [];
    private ImmutableArray<NodeResource> _lastAllocatable = [];
    private ImmutableArray<NodeResource> _lastCapacity = [];

    /// <summary>The shared label.</summary>
    public NodeLabel Label(string key, string value)
    {
        Bound(_labels);
        ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, (key, value), out _);
        return label ??= new NodeLabel(key, value);
    }

    /// <summary>The shared taint.</summary>
    public NodeTaint Taint(string key, string value, string effect)
    {
        Bound(_taints);
        ref var taint = ref CollectionsMarshal.GetValueRefOrAddDefault(_taints, (key, value, effect), out _);
        return taint ??= new NodeTaint(key, value, effect);
    }

    /// <summary>The shared amount.</summary>
    public NodeResource Resource(string name, string quantity)
    {
        Bound(_resources);
        ref var resource = ref CollectionsMarshal.GetValueRefOrAddDefault(_resources, (name, quantity), out _);
        return resource ??= new NodeResource(name, quantity);
    }

    /// <summary>Puts facts together from pooled parts; neighbours of the same kind share their lists of resources too.</summary>
    public NodeFacts Facts(
        ImmutableArray<NodeLabel> labels,
        ImmutableArray<NodeTaint> taints,
        ImmutableArray<NodeResource> allocatable,
        ImmutableArray<NodeResource> capacity) =>
        new(labels, taints, Shared(allocatable, ref _lastAllocatable), Shared(capacity, ref _lastCapacity));

    private static ImmutableArray<NodeResource> Shared(ImmutableArray<NodeResource> resources, ref ImmutableArray<NodeResource> last)
    {
        if (!resources.AsSpan().SequenceEqual(last.AsSpan()))
        {
            last = resources;
        }

        return last;
    }

    private static void Bound<TKey, TValue>(Dictionary<TKey, TValue> pool)
        where TKey : notnull
    {
        if (pool.Count >= ItemsMax)
        {
            pool.Clear();
        }
    }
}
