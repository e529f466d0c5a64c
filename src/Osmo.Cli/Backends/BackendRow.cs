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
    private const string Unknown = "-";

    public static string[] Headings(bool wide) => wide
        ? ["NAME", "ONLINE", "AGENT", "NODES", "AVAILABLE", "LABELS", "REVISION", "HEARTBEAT", "PROBLEM"]
        : ["NAME", "ONLINE", "AGENT", "NODES", "AVAILABLE", "LABELS"];

    public static string[] Cells(JsonObject backend, bool wide, TimeProvider time)
    {
        var age = Age.Of(backend);
        var was = Age.IsStale(backend) && age is not null ? "was " : "";
        string Number(string name) =>
            (int?)backend[name] is { } number ? string.Create(CultureInfo.InvariantCulture, $"{was}{number:N0}") : Unknown;
        bool Flag(string name) => (bool?)backend[name] ?? false;
        var agent = !Flag("agent_connected") ? "away"
            : !Flag("online") ? "silent"
            : !Flag("agent_synced") ? "reporting"
            : Age.IsStale(backend) ? "cannot watch"
            : "in step";
        agent = (string?)backend["agent_protocol"] == "listener" ? $"{agent} (OSMO's)" : agent;
        var labels = !Flag("label_updates") ? "off"
            : IsUnknown(backend) ? Unknown
            : (int?)backend["labels_wrong"] switch { null => "unknown", 0 => "all right", _ => $"{Number("labels_wrong")} to go" };
        var online = Flag("online") ? Yes : age is null ? "no" : $"no, for {age}";
        if (IsUnknown(backend))
        {
            online = agent = Unknown;
        }

        string[] cells = [FleetApi.NameOf(backend), online, agent, Number("nodes"), Number("available"), labels];
        return wide
            ?
            [
                .. cells, backend["revision"]?.ToString() ?? "",
                (string?)backend["last_heartbeat"] is { } heard ? LocalTime.Show(heard, time) : "never",
                (string?)backend["error"] ?? "",
            ]
            : cells;
    }

    /// <summary>Whether the gateway could not say how the backend is.</summary>
    public static bool IsUnknown(JsonObject backend) => backend["nodes"] is null;

    public static Color? Colour(int column, string cell) =>
        column != OnlineColumn ? null : cell == Yes ? Color.Green : Color.Red;
}
