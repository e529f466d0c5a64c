using System.Globalization;
using System.Text.Json.Nodes;
using Osmo.Cli.Nodes;
using Osmo.Cli.Output;
using Spectre.Console;

namespace Osmo.Cli.Backends;

/// <summary>A backend as a row of a list.</summary>
internal static class BackendRow
{
    private const int OnlineColumn = 1;
    private const string Yes = "yes";

    public static string[] Headings(bool wide) => wide
        ? ["NAME", "ONLINE", "AGENT", "NODES", "AVAILABLE", "LABELS", "REVISION", "HEARTBEAT", "PROBLEM"]
        : ["NAME", "ONLINE", "AGENT", "NODES", "AVAILABLE", "LABELS"];

    public static string[] Cells(JsonObject backend, bool wide, TimeProvider time)
    {
        string Number(string name) => ((int?)backend[name] ?? 0).ToString("N0", CultureInfo.InvariantCulture);
        bool Flag(string name) => (bool?)backend[name] ?? false;
        var agent = !Flag("agent_connected") ? "away" : Flag("agent_synced") ? "in step" : "reporting";
        agent = (string?)backend["agent_protocol"] == "listener" ? $"{agent} (OSMO's)" : agent;
        var labels = !Flag("label_updates") ? "off"
            : (int?)backend["labels_wrong"] is > 0 ? $"{Number("labels_wrong")} to go"
            : "all right";
        string[] cells = [FleetApi.NameOf(backend), Flag("online") ? Yes : "no", agent, Number("nodes"), Number("available"), labels];
        return wide
            ?
            [
                .. cells, backend["revision"]?.ToString() ?? "",
                (string?)backend["last_heartbeat"] is { } heard ? LocalTime.Show(heard, time) : "never",
                (string?)backend["error"] ?? "",
            ]
            : cells;
    }

    public static Color? Colour(int column, string cell) =>
        column != OnlineColumn ? null : cell == Yes ? Color.Green : Color.Red;
}
