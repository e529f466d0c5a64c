using Osmo.Testing.Serving;

namespace Osmo.Testing.Listener;

/// <summary>Holds what a server knows against what a Python agent thinks.</summary>
public static class PythonTruth
{
    /// <summary>What is not yet as it should be, in words; null where all is well.</summary>
    public static async Task<string?> DifferenceAsync(PythonAgent agent, IFleetApi server)
    {
        var seen = await FleetTruth.NodesAsync(agent.Backend, server);
        var nodes = agent.Nodes;
        if (!seen.Keys.ToHashSet().SetEquals(nodes.Select(node => node.Name)))
        {
            var names = string.Join(' ', nodes.Select(node => node.Name));
            return $"the server knows [{string.Join(' ', seen.Keys)}], the cluster has [{names}]; {agent}";
        }

        foreach (var node in nodes)
        {
            var wanted = agent.Conditions.Available(node);
            if (seen[node.Name].Available != wanted)
            {
                return $"the server knows {node.Name} as available: {seen[node.Name].Available}, the agent thinks {wanted}; {agent}";
            }
        }

        return null;
    }
}
