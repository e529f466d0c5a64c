using System.Text.Json.Nodes;
using Osmo.Domain.Availability;
using Osmo.KubeSim.Storage;

namespace Osmo.Testing.Serving;

/// <summary>
/// What is true: the nodes that a simulated cluster has, judged here by the rules. Everything else, labels and the server's view, is
/// held against it.
/// </summary>
public static class FleetTruth
{
    /// <summary>Whether a node may be scheduled on.</summary>
    public static bool IsAvailable(SimulatedNode node, NodeConditionRules rules)
    {
        var conditions = JsonNode.Parse(node.ToJsonUtf8())!["status"]?["conditions"]?.AsArray() ?? [];
        var pairs = conditions.Select(condition => new ConditionPair(Text(condition!, "type"), Text(condition!, "status"))).ToArray();
        return rules.Explain(pairs, node.Unschedulable).Available;
    }

    /// <summary>What is not as it should be, in words; null where all is well.</summary>
    public static async Task<string?> DifferenceAsync(LiveBackend backend, IFleetApi server)
    {
        var nodes = backend.Cluster.Nodes.ToDictionary(node => node.Name);
        if (backend.Options.EnableNodeLabelUpdate && LabelDifference(backend) is { } difference)
        {
            return difference;
        }

        var seen = await NodesAsync(backend.Name, server);
        if (!seen.Keys.ToHashSet().SetEquals(nodes.Keys))
        {
            return $"the server knows [{string.Join(' ', seen.Keys)}], the cluster has [{string.Join(' ', nodes.Keys)}]";
        }

        var key = backend.Options.NodeConditionPrefix.LabelKey;
        foreach (var node in nodes.Values)
        {
            var wanted = (IsAvailable(node, backend.Rules), node.Unschedulable, node.Labels.GetValueOrDefault(key));
            if (seen[node.Name] != wanted)
            {
                return $"the server knows {node.Name} as {seen[node.Name]}, but it is {wanted}";
            }
        }

        return null;
    }

    /// <summary>The first node whose label is not what the rules say.</summary>
    public static string? LabelDifference(LiveBackend backend)
    {
        var key = backend.Options.NodeConditionPrefix.LabelKey;
        foreach (var node in backend.Cluster.Nodes)
        {
            var wanted = NodeConditionPrefix.LabelValue(IsAvailable(node, backend.Rules));
            if (node.Labels.GetValueOrDefault(key) is var label && label != wanted)
            {
                return $"{node.Name} carries {key}={label ?? "nothing"}, it should be {wanted}; the agent says {backend.State}";
            }
        }

        return null;
    }

    /// <summary>Every node that the server knows of a backend.</summary>
    public static async Task<Dictionary<string, (bool Available, bool Unschedulable, string? Label)>> NodesAsync(
        string backend, IFleetApi server)
    {
        var found = new Dictionary<string, (bool, bool, string?)>(StringComparer.Ordinal);
        string? next = null;
        do
        {
            var from = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
            var page = await server.GetAsync($"/api/backends/{backend}/nodes?limit=50{from}");
            foreach (var node in page["nodes"]!.AsArray())
            {
                found.Add(Text(node!, "name"), ((bool)node!["available"]!, (bool)node["unschedulable"]!, (string?)node["verified_label"]));
            }

            next = (string?)page["continue"];
        }
        while (next is not null);
        return found;
    }

    private static string Text(JsonNode node, string field) => (string?)node[field] ?? "";
}
