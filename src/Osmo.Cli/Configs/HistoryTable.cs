using System.Text.Json.Nodes;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>Entries of the history as the guide's tables.</summary>
internal static class HistoryTable
{
    public static void Write(JsonArray entries, OutputFormat format, bool brief, CliTerminal terminal)
    {
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                DocumentWriter.Write(new JsonObject { ["configs"] = entries.DeepClone() }, format, terminal.Out);
                break;
            case OutputFormat.Name:
                entries.ToList().ForEach(entry => terminal.Out.WriteLine(Printable.Line($"{entry!["config_type"]}:{entry["revision"]}")));
                break;
            default:
                string[] headings = brief
                    ? ["Config Type", "Revision", "Username", "Created At"]
                    : ["Config Type", "Name", "Revision", "Username", "Created At", "Description", "Tags"];
                GuideTable.Write(headings, entries.Select(entry => Cells(entry!, brief, terminal)), terminal);
                break;
        }
    }

    private static string[] Cells(JsonNode entry, bool brief, CliTerminal terminal)
    {
        string Text(string name) => entry[name]?.ToString() ?? "";
        var created = LocalTime.Show(Text("created_at"), terminal.Time);
        if (brief)
        {
            return [Text("config_type"), Text("revision"), Text("username"), created];
        }

        var tags = (entry["tags"] as JsonArray ?? []).Select(tag => tag!.ToString()).Order(StringComparer.Ordinal).ToArray();
        return
        [
            Text("config_type"),
            Text("name") is { Length: > 0 } name ? name : "-",
            Text("revision"),
            Text("username"),
            created,
            Text("description"),
            tags.Length > 0 ? string.Join(", ", tags) : "-",
        ];
    }
}
