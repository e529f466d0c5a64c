using System.Text.Json.Nodes;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Output;

/// <summary>What a list command found, in the format that was asked for.</summary>
internal static class ListOutput
{
    /// <summary>Writes it.</summary>
    /// <param name="format">The format.</param>
    /// <param name="document">What programs read: all of it.</param>
    /// <param name="names">One line for each thing: its kind and its name.</param>
    /// <param name="table">Writes what people read.</param>
    /// <param name="terminal">Where to.</param>
    public static void Write(
        OutputFormat format, Func<JsonNode?> document, Func<IEnumerable<string>> names, Action table, CliTerminal terminal)
    {
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                DocumentWriter.Write(document(), format, terminal.Out);
                break;
            case OutputFormat.Name:
                foreach (var name in names())
                {
                    terminal.Out.WriteLine(Printable.Line(name));
                }

                break;
            default:
                table();
                break;
        }
    }
}
