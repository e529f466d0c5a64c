using System.Text.Json.Nodes;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>Entries of the history as the guide's tables.</summary>
internal static class HistoryTable
{
    public static void Write(JsonArray entries, OutputFormat format, bool brief, CliTerminal terminal)
    {
        string[] headings = brief
            ? ["Config Type", "Revision", "Username", "Created At"]
            : ["Config Type", "Name", "Revision", "Username", "Created At", "Description", "Tags"];
        ListOutput.Write(
            format,
            () => new JsonObject { ["configs"] = entries.DeepClone() },
            () => entries.Select(entry => $"{entry!["config_type"]}:{entry["revision"]}"),
            () => GuideTable.Write(headings, entries.Select(entry => Cells(entry!, brief, terminal)), terminal),
            terminal);
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
