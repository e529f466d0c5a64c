using System.Collections.Concurrent;
using Osmo.Kubernetes;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>Keeps the world a reflector paints, and the calls it painted it with.</summary>
internal sealed class RecordingSink : INodeSink
{
    private readonly ConcurrentQueue<string> _calls = new();

    public ConcurrentDictionary<string, NodeProjection> Nodes { get; } = new();

    public IReadOnlyList<string> Calls => [.. _calls];

    public string World => string.Join(" ", Nodes.Values.OrderBy(node => node.Name, StringComparer.Ordinal)
        .Select(node => $"{node.Name}={(node.Conditions.IsEmpty ? "-" : node.Conditions[^1].Status)}"));

    public void Replace(IReadOnlyList<NodeProjection> nodes)
    {
        Nodes.Clear();
        foreach (NodeProjection node in nodes)
        {
            Nodes[node.Name] = node;
        }

        _calls.Enqueue($"replace {string.Join(",", nodes.Select(node => node.Name))}");
    }

    public void Upsert(NodeProjection node)
    {
        Nodes[node.Name] = node;
        _calls.Enqueue($"upsert {node.Name}");
    }

    public void Delete(string name, string uid)
    {
        Nodes.TryRemove(name, out _);
        _calls.Enqueue($"delete {name} {uid}");
    }

    public void Synced() => _calls.Enqueue("synced");
}
