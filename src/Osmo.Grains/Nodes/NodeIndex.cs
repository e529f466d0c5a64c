using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Osmo.Grains.Nodes;

/// <summary>
/// The nodes of one backend. The backend's mailbox writes; anybody reads. The order of names is made when somebody lists and
/// kept until a node comes or goes.
/// </summary>
internal sealed class NodeIndex
{
    private readonly ConcurrentDictionary<string, NodeEntry> _nodes = new(concurrencyLevel: 1, capacity: 64, StringComparer.Ordinal);
    private long _version;
    private volatile Sorting? _sorting;

    public int Count => _nodes.Count;

    /// <summary>Every node, in no order.</summary>
    public IEnumerable<NodeEntry> Nodes => _nodes.Select(entry => entry.Value);

    public bool TryGet(string name, [NotNullWhen(true)] out NodeEntry? node) => _nodes.TryGetValue(name, out node);

    public void Add(NodeEntry node)
    {
        _nodes[node.Current.Name] = node;
        Interlocked.Increment(ref _version);
    }

    public void Remove(string name)
    {
        _nodes.TryRemove(name, out _);
        Interlocked.Increment(ref _version);
    }

    public void Clear()
    {
        _nodes.Clear();
        Interlocked.Increment(ref _version);
    }

    /// <summary>Every node, by name in ordinal order.</summary>
    public NodeEntry[] Sorted()
    {
        // Read before the nodes are: a node that comes or goes meanwhile makes this sorting old, not wrong for ever.
        var version = Interlocked.Read(ref _version);
        if (_sorting is { } sorting && sorting.Version == version)
        {
            return sorting.Nodes;
        }

        var nodes = Nodes.ToArray();
        Array.Sort(nodes, static (x, y) => string.CompareOrdinal(x.Current.Name, y.Current.Name));
        _sorting = new Sorting(version, nodes);
        return nodes;
    }

    private sealed record Sorting(long Version, NodeEntry[] Nodes);
}
