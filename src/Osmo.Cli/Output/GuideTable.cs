using Osmo.Cli.Terminal;

namespace Osmo.Cli.Output;

/// <summary>
/// The table of OSMO's guides: headings underlined by one row of "=", three spaces between columns. On a terminal that is too narrow
/// cells are wrapped, and where even that does not fit, each row becomes a block of lines.
/// </summary>
internal static class GuideTable
{
    private const int Gap = 3;
    private const int ColumnCharsMin = 8;

    public static void Write(string[] headings, IEnumerable<string[]> cells, CliTerminal terminal)
    {
        var rows = cells.Select(row => row.Select(Printable.Line).ToArray()).ToArray();
        var widths = headings
            .Select((heading, column) => rows.Select(row => row[column].Length).Append(heading.Length).Max())
            .ToArray();
        if (terminal.Width is { } width && !Shrink(widths, headings, width))
        {
            RecordBlocks.Write(headings, rows, terminal);
            return;
        }

        WriteRow(headings, widths, terminal.Out);
        terminal.Out.WriteLine(new string('=', Total(widths)));
        foreach (var row in rows)
        {
            WriteRow(row, widths, terminal.Out);
        }
    }

    private static int Total(int[] widths) => widths.Sum() + (Gap * (widths.Length - 1));

    /// <summary>Takes from the widest column, again and again, until the table fits; false where it cannot.</summary>
    private static bool Shrink(int[] widths, string[] headings, int width)
    {
        var least = headings.Select((heading, i) => Math.Min(widths[i], Math.Max(heading.Length, ColumnCharsMin))).ToArray();
        while (Total(widths) > width)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
            {
                widest = widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) ? i : widest;
            }

            if (widest < 0)
            {
                return false;
            }

            widths[widest]--;
        }

        return true;
    }

    private static void WriteRow(string[] row, int[] widths, TextWriter output)
    {
        var cells = row.Select((cell, column) => TextWrap.Lines(cell, widths[column])).ToArray();
        for (var line = 0; line < cells.Max(lines => lines.Count); line++)
        {
            var parts = cells.Select((lines, column) => (line < lines.Count ? lines[line] : "").PadRight(widths[column] + Gap));
            output.WriteLine(string.Concat(parts).TrimEnd());
        }
    }
}
