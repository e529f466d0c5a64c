using Osmo.Domain.Backends;

namespace Osmo.Grains.Nodes;

/// <summary>The key of a node's grain: <c>backend/node</c>. Neither name has a slash.</summary>
public static class NodeKey
{
    /// <summary>The key of a node.</summary>
    public static string Of(BackendName backend, string node) => $"{backend.Value}/{node}";

    /// <summary>The backend's name in a key.</summary>
    public static string BackendOf(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>The parts of a key.</summary>
    public static (string Backend, string Node) Split(string key)
    {
        var backend = BackendOf(key);
        return (backend, backend.Length == key.Length ? "" : key[(backend.Length + 1)..]);
    }
}
