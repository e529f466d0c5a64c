using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Cli.Evaluate;

/// <summary>A node with its verdict.</summary>
internal sealed record EvaluatedNode(string Name, NodeVerdict Verdict)
{
    /// <summary>Judges nodes by rules.</summary>
    public static IReadOnlyList<EvaluatedNode> Judge(IReadOnlyList<NodeProjection> nodes, NodeConditionRules rules)
    {
        // Nothing outlives this command, so the table may hold every pair that the input brings.
        var table = new ConditionTable(int.MaxValue);
        var policy = new ConditionPolicy(rules, table);
        return [.. nodes.Select(node =>
        {
            int[] ids = [.. node.Conditions.Select(pair => table.Intern(pair.Type, pair.Status))];
            return new EvaluatedNode(node.Name, policy.Explain(ids, node.Unschedulable));
        })];
    }
}
