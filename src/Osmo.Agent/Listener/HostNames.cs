using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// By which name the service knows each node: its label <c>kubernetes.io/hostname</c>, as with OSMO's agent. A node without that label,
/// or with one that another node has already, goes by its own name, so that no two are taken for one.
/// </summary>
internal sealed class HostNames
{
    private const string Label = "kubernetes.io/hostname";

    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The name of a node from now on.</summary>
    public string Claim(NodeProjection node)
    {
        string wanted = node.FindLabel(Label) is { Length: > 0 } label && IsFree(label, node.Name) ? label : node.Name;
        if (_names.TryGetValue(node.Name, out string? known) && known != wanted)
        {
            Release(node.Name);
        }

        _names[node.Name] = wanted;
        _owners.TryAdd(wanted, node.Name);
        return wanted;
    }

    /// <summary>The node is gone.</summary>
    public void Release(string node)
    {
        if (_names.Remove(node, out string? name) && !IsOwnedByAnother(name, node))
        {
            _owners.Remove(name);
        }
    }

    private bool IsFree(string name, string node) => !IsOwnedByAnother(name, node);

    private bool IsOwnedByAnother(string name, string node) => _owners.TryGetValue(name, out string? owner) && owner != node;
}
