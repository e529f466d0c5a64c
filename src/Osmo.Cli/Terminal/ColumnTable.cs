using Spectre.Console;
using Spectre.Console.Rendering;

namespace Osmo.Cli.Terminal;

/// <summary>Rows for people: a table on a terminal, plain aligned columns in a pipe.</summary>
/// <param name="headings">The columns' headings.</param>
/// <param name="colour">The colour of a cell by its column, on a terminal that has colours; null for none.</param>
internal sealed class ColumnTable(string[] headings, Func<int, string, Color?>? colour = null)
{
    private const int ColumnGap = 3;

    // A rounded table needs a border and two spaces for each column, and one border more.
    private const int RichColumnExtra = 3;

    /// <summary>Fewest characters of a line in which the headings stay whole; cells can wrap.</summary>
    private int LeastWidth => headings.Sum(heading => heading.Length + RichColumnExtra) + 1;

    /// <summary>Writes the rows; what stands in them is made safe for a terminal.</summary>
    public void Write(IEnumerable<string[]> cells, CliTerminal terminal)
    {
        var rows = cells.Select(row => row.Select(Printable.Line).ToArray()).ToArray();
        if (terminal.Width is { } width && LeastWidth > width)
        {
            RecordBlocks.Write(headings, rows, terminal);
        }
        else if (terminal.OutputIsTerminal)
        {
            WriteRich(rows, terminal);
        }
        else
        {
            WritePlain(rows, terminal.Out);
        }
    }

    private void WritePlain(string[][] rows, TextWriter output)
    {
        var widths = headings
            .Select((heading, column) => rows.Select(row => row[column].Length).Append(heading.Length).Max())
            .ToArray();
        foreach (var row in rows.Prepend(headings))
        {
            var line = string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + ColumnGap)));
            output.WriteLine(line.TrimEnd());
        }
    }

    private void WriteRich(string[][] rows, CliTerminal terminal)
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
            table.AddRow(row.Select((cell, column) => (IRenderable)new Text(cell, StyleOf(column, cell))));
        }

        console.Write(table);
    }

    private Style StyleOf(int column, string cell) => colour?.Invoke(column, cell) is { } chosen ? new Style(chosen) : Style.Plain;
}
