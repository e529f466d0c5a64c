using System.Text.Json.Nodes;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Output;

/// <summary>
/// Rows that go on coming: the columns are as wide as the first rows need, and later rows are appended, so that the output can be
/// piped and scrolled back. JSON comes as one object a line, YAML as one document each.
/// </summary>
internal sealed class RowStream(string[] headings, OutputFormat format, CliTerminal terminal)
{
    private const int Gap = 3;
    private int[]? _widths;

    /// <summary>Writes rows.</summary>
    /// <param name="rows">The cells of each row, the object that it shows, and its name.</param>
    public void Write(IReadOnlyList<(string[] Cells, JsonObject Document, string Name)> rows)
    {
        var first = _widths is null;
        _widths ??= [.. headings.Select((heading, i) => rows.Select(row => row.Cells[i].Length).Append(heading.Length).Max())];
        if (first && format is (OutputFormat.Table or OutputFormat.Wide))
        {
            WriteRow(headings);
        }

        foreach (var (cells, document, name) in rows)
        {
            switch (format)
            {
                case OutputFormat.Json:
                    terminal.Out.WriteLine(DocumentWriter.Line(document));
                    break;
                case OutputFormat.Yaml:
                    terminal.Out.WriteLine("---");
                    DocumentWriter.Write(document, format, terminal.Out);
                    break;
                case OutputFormat.Name:
                    terminal.Out.WriteLine(Printable.Line(name));
                    break;
                default:
                    WriteRow(cells);
                    break;
            }
        }

        terminal.Out.Flush();
    }

    private void WriteRow(string[] cells)
    {
        var line = string.Concat(cells.Select((cell, i) => Printable.Line(cell).PadRight(_widths![i] + Gap))).TrimEnd();
        foreach (var part in terminal.Width is { } width ? TextWrap.Lines(line, width) : [line])
        {
            terminal.Out.WriteLine(part);
        }
    }
}
