using Osmo.Cli.Terminal;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Cli.Evaluate;

/// <summary>Points out what a configuration names and no node reports: it may be misspelt, or belong to another cluster.</summary>
internal static class EvaluationNotes
{
    // The first few show what is the matter: whoever evaluates one node would get one for each entry.
    private const int ShownMax = 10;

    public static void Write(string config, NodeConditionRules rules, IReadOnlyList<NodeProjection> nodes, TextWriter output)
    {
        var types = nodes.SelectMany(node => node.Conditions).Select(condition => condition.Type).ToHashSet(StringComparer.Ordinal);
        if (types.Count == 0)
        {
            return;
        }

        var unmatched = UnmatchedText.Of(rules, types);
        foreach (var (field, text, nearest) in unmatched.Take(ShownMax))
        {
            var near = nearest is null ? "." : $"; did you mean \"{nearest}\"?";
            output.WriteLine(Printable.Line($"osmo: {config}: {field}: \"{text}\" matches no condition of these nodes{near}"));
        }

        if (unmatched.Length > ShownMax)
        {
            output.WriteLine($"osmo: {config}: and {unmatched.Length - ShownMax} more match none.");
        }
    }
}
