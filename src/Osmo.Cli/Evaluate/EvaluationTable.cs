using Osmo.Cli.Terminal;
using Spectre.Console;

namespace Osmo.Cli.Evaluate;

/// <summary>The verdicts for people, and a line that sums them up.</summary>
internal static class EvaluationTable
{
    public static void Write(IReadOnlyList<EvaluatedNode> nodes, bool wide, CliTerminal terminal)
    {
        string[] headings = wide
            ? ["NAME", "AVAILABLE", "CORDONED", "PASSED", "FAILED", "IGNORED", "REASONS", "NOTES"]
            : ["NAME", "AVAILABLE", "REASONS"];
        if (nodes.Count > 0)
        {
            new ColumnTable(headings, Colour).Write(nodes.Select(node => Cells(node, wide)), terminal);
        }

        terminal.Out.WriteLine(Summary(nodes));
    }

    public static void WriteNames(IReadOnlyList<EvaluatedNode> nodes, TextWriter output)
    {
        foreach (var node in nodes)
        {
            output.WriteLine($"node/{Printable.Line(node.Name)}");
        }
    }

    private static string Summary(IReadOnlyList<EvaluatedNode> nodes)
    {
        var available = nodes.Count(node => node.Verdict.Available);
        var cordoned = nodes.Count(node => node.Verdict.Cordoned);
        var cordons = cordoned == 0 ? "" : $" ({cordoned} cordoned)";
        var noun = nodes.Count == 1 ? "node" : "nodes";
        return $"{nodes.Count} {noun}: {available} available, {nodes.Count - available} unavailable{cordons}";
    }

    private static string[] Cells(EvaluatedNode node, bool wide)
    {
        var verdict = node.Verdict;
        var reasons = string.Join("; ", verdict.Reasons.Select(reason => reason.Sentence));
        var notes = string.Join("; ", verdict.Notes);
        return wide
            ? [
                node.Name,
                YesNo(verdict.Available),
                YesNo(verdict.Cordoned),
                $"{verdict.Conditions.Count(c => c is { Passes: true, Ignored: false })}",
                $"{verdict.Conditions.Count(c => !c.Passes)}",
                $"{verdict.Conditions.Count(c => c.Ignored)}",
                reasons,
                notes,
            ]
            : [node.Name, YesNo(verdict.Available), reasons.Length == 0 ? notes : reasons];
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static Color? Colour(int column, string cell) => column != 1 ? null : cell == YesNo(true) ? Color.Green : Color.Red;
}
