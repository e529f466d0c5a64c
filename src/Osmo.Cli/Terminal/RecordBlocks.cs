namespace Osmo.Cli.Terminal;

/// <summary>Rows for a terminal that is too narrow for a table: a block of "HEADING: value" lines for each.</summary>
internal static class RecordBlocks
{
    public static void Write(string[] headings, string[][] rows, CliTerminal terminal)
    {
        var first = true;
        foreach (var row in rows)
        {
            if (!first)
            {
                terminal.Out.WriteLine();
            }

            first = false;
            for (var i = 0; i < headings.Length; i++)
            {
                foreach (var line in TextWrap.Lines($"{headings[i]}: {row[i]}".TrimEnd(), terminal.Width ?? int.MaxValue))
                {
                    terminal.Out.WriteLine(line);
                }
            }
        }
    }
}
