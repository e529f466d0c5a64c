using Osmo.Cli.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Osmo.Cli.Evaluate;

/// <summary>The verdicts for people: a table on a terminal, plain aligned columns in a pipe, and a line that sums them up.</summary>
internal static class EvaluationTable
{
    private const int ColumnGap = 3;

    public static void Write(IReadOnlyList<EvaluatedNode> nodes, bool wide, CliTerminal terminal)
    {
        string[] headings = wide
            ? ["NAME", "AVAILABLE", "CORDONED", "PASSED", "FAILED", "IGNORED", "REASONS", "NOTES"]
            : ["NAME", "AVAILABLE", "REASONS"];
        var rows = nodes.Select(node => Cells(node, wide)).ToArray();
        if (nodes.Count > 0 && terminal.OutputIsTerminal)
        {
            WriteRich(headings, rows, terminal);
        }
        else if (nodes.Count > 0)
        {
            WritePlain(headings, rows, terminal.Out);
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
        string[] cells = wide
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
        return [.. cells.Select(Printable.Line)];
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static void WritePlain(string[] headings, string[][] rows, TextWriter output)
    {
        var widths = headings.Select((heading, column) => rows.Max(row => Math.Max(heading.Length, row[column].Length))).ToArray();
        foreach (var row in rows.Prepend(headings))
        {
            var line = string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + ColumnGap)));
            output.WriteLine(line.TrimEnd());
        }
    }

    private static void WriteRich(string[] headings, string[][] rows, CliTerminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            ColorSystem = terminal.Colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        var table = new Table().Border(TableBorder.Rounded).BorderStyle(new Style(Color.Grey));
        table.AddColumns([.. headings.Select(heading => new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))))]);
        foreach (var row in rows)
        {
            table.AddRow(row.Select((cell, column) => (IRenderable)new Text(cell, column == 1 ? Colour(cell) : Style.Plain)));
        }

        console.Write(table);
    }

    private static Style Colour(string available) => new(available == YesNo(true) ? Color.Green : Color.Red);
}
