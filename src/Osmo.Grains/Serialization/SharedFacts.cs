using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>
/// Labels, taints and resources that came from other processes, shared by all nodes of this one: facts arrive a few at a time, and without
/// this the 80 labels of each node would be its own in the end.
/// </summary>
internal static class SharedFacts
{
    private static readonly Lock Gate = new();
    private static readonly NodeFactsPool Pool = new();

    /// <summary>See <see cref="NodeFactsPool.Label"/>.</summary>
    public static NodeLabel Label(string key, string value)
    {
        lock (Gate)
        {
            return Pool.Label(key, value);
        }
    }

    /// <summary>See <see cref="NodeFactsPool.Taint"/>.</summary>
    public static NodeTaint Taint(string key, string value, string effect)
    {
        lock (Gate)
        {
            return Pool.Taint(key, value, effect);
        }
    }

    /// <summary>See <see cref="NodeFactsPool.Resource"/>.</summary>
    public static NodeResource Resource(string name, string quantity)
    {
        lock (Gate)
        {
            return Pool.Resource(name, quantity);
        }
    }
}
