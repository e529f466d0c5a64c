using System.Text.Json.Nodes;
using Osmo.Cli.Output;
using Spectre.Console;

namespace Osmo.Cli.Nodes;

/// <summary>A node as a row of a list.</summary>
internal static class NodeRow
{
    private const int AvailableColumn = 2;
    private const string Yes = "yes";

    public static string[] Headings(bool wide) => wide
        ? ["BACKEND", "NAME", "AVAILABLE", "CORDONED", "LABEL", "SINCE", "REASONS"]
        : ["BACKEND", "NAME", "AVAILABLE", "REASONS"];

    /// <summary>The cells of a node of a list, or of an explanation.</summary>
    public static string[] Cells(string backend, JsonObject node, bool wide, TimeProvider time)
    {
        var reasons = string.Join("; ", (node["reasons"] as JsonArray ?? []).Select(reason => reason!.ToString()));
        var available = Available(node);
        var label = (string?)(node["verified_label"] ?? node["label"]?["seen"]) ?? "-";
        return wide
            ?
            [
                backend, FleetApi.NameOf(node), available, YesNo(node["unschedulable"]), label,
                (string?)node["available_since"] is { } since ? LocalTime.Show(since, time) : "-", reasons,
            ]
            : [backend, FleetApi.NameOf(node), available, reasons];
    }

    /// <summary>Whether a node may be scheduled on; of a node that nobody watches, what was last known of it.</summary>
    public static string Available(JsonObject node)
    {
        var word = YesNo(node["available"]);
        return !Age.IsStale(node) ? word : Age.Of(node) is { } age ? $"unknown ({word} {age} ago)" : $"unknown (was {word})";
    }

    public static string[] Deleted(string backend, string node, bool wide) =>
        wide ? [backend, node, "deleted", "", "", "", ""] : [backend, node, "deleted", ""];

    public static Color? Colour(int column, string cell) =>
        column != AvailableColumn ? null
            : cell == Yes ? Color.Green
            : cell.StartsWith("unknown", StringComparison.Ordinal) ? Color.Yellow
            : Color.Red;

    private static string YesNo(JsonNode? flag) => (bool?)flag ?? false ? Yes : "no";
}
