using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Osmo.Grains.Nodes;

/// <summary>
/// The nodes of one backend. The backend's mailbox writes; anybody reads. The order of names is made when somebody lists and
/// kept until a node comes or goes.
/// </summary>
internal sealed class NodeIndex
{
    private readonly ConcurrentDictionary<string, NodeGrain> _nodes = new(concurrencyLevel: 1, capacity: 64, StringComparer.Ordinal);
    private volatile NodeGrain[]? _sorted;

    public int Count => _nodes.Count;

    /// <summary>Every node, in no order.</summary>
    public IEnumerable<NodeGrain> Nodes => _nodes.Select(entry => entry.Value);

    public bool TryGet(string name, [NotNullWhen(true)] out NodeGrain? node) => _nodes.TryGetValue(name, out node);

    public void Add(NodeGrain node)
    {
        _nodes[node.Current.Name] = node;
        _sorted = null;
    }

    public void Remove(string name)
    {
        _nodes.TryRemove(name, out _);
        _sorted = null;
    }

    public void Clear()
    {
        _nodes.Clear();
        _sorted = null;
    }

    /// <summary>Every node, by name in ordinal order.</summary>
    public NodeGrain[] Sorted()
    {
        if (_sorted is { } sorted)
        {
            return sorted;
        }

        var nodes = Nodes.ToArray();
        Array.Sort(nodes, static (x, y) => string.CompareOrdinal(x.Current.Name, y.Current.Name));

        // A node that came or went meanwhile reset the field before or after this write; in the worst case one listing is stale
        // by that node, as any listing is a moment later.
        _sorted = nodes;
        return nodes;
    }
}
