using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Pools;

/// <summary><c>osmo pool list</c>: the pools that workflows are submitted to, and their GPUs.</summary>
internal static class PoolCommand
{
    private static readonly string[] UsedHeadings =
        ["Pool", "Description", "Status", "Quota Used", "Quota Limit", "Total Usage", "Total Capacity"];

    private static readonly string[] UsedFields = ["quota_used", "quota_limit", "total_usage", "total_capacity"];
    private static readonly string[] FreeHeadings = ["Pool", "Description", "Status", "Quota Free", "Total Free"];
    private static readonly string[] FreeFields = ["quota_free", "total_free"];

    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("pool", "Pools: named sets of a backend's nodes.") { List(gateway, terminal) };

    /// <summary>The option <c>-p</c>, which pools, resources and nodes share.</summary>
    public static Option<string[]> PoolOption() => new("--pool", "-p")
    {
        Description = "Only these pools.",
        HelpName = "POOL",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>The option <c>-m</c>: what is used of how much, or what is free.</summary>
    public static Option<string> ModeOption()
    {
        var mode = new Option<string>("--mode", "-m")
        {
            Description = "used (of how much) or free.",
            HelpName = "MODE",
            DefaultValueFactory = _ => "used",
        };
        mode.Only(["used", "free"]);
        return mode;
    }

    private static DocumentedCommand List(GatewayOptions gateway, CliTerminal terminal)
    {
        var (pools, mode) = (PoolOption(), ModeOption());
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", "List the pools with their GPUs.", """
            Examples:
              osmo pool list
              osmo pool list -p robotics -m free
            """)
        {
            pools, mode,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var asked = parsed.GetValue(pools) ?? [];
            var query = asked.Length > 0 ? string.Join('&', asked.Select(pool => $"pools={Uri.EscapeDataString(pool)}")) : "all_pools=True";
            var answer = (await client.GetAsync($"api/pool_quota?{query}", cancellationToken)).Object();
            Show(answer, asked, parsed.GetRequiredValue(mode) == "free", output.Of(parsed), terminal);
        });
        return command;
    }

    private static void Show(JsonObject answer, string[] asked, bool free, OutputFormat format, CliTerminal terminal)
    {
        var sets = answer["node_sets"] as JsonArray ?? [];
        var pools = sets.SelectMany(set => (set!["pools"] as JsonArray ?? []).OfType<JsonObject>()).ToArray();
        ListOutput.Write(
            format,
            () => answer,
            () => pools.Select(pool => $"pool/{pool["name"]}"),
            () => WriteTable(answer, pools, asked, free, terminal),
            terminal);
    }

    private static void WriteTable(JsonObject answer, JsonObject[] pools, string[] asked, bool free, CliTerminal terminal)
    {
        if (pools.Length == 0)
        {
            terminal.Out.WriteLine(asked.Length > 0 ? Printable.Line($"Pools {string.Join(", ", asked)} not found") : "No pools available");
            return;
        }

        var fields = free ? FreeFields : UsedFields;
        string[] Numbers(JsonNode? usage) => [.. fields.Select(field => usage?[field]?.ToString() ?? "-")];
        var rows = pools.Select(pool => (string[])
        [
            pool["name"]?.ToString() ?? "", pool["description"]?.ToString() ?? "", pool["status"]?.ToString() ?? "",
            .. Numbers(pool["resource_usage"]),
        ]);
        GuideTable.Write(
            free ? FreeHeadings : UsedHeadings,
            pools.Length > 1 ? [.. rows, ["Sum", "", "", .. Numbers(answer["resource_sum"])]] : rows,
            terminal);
    }
}
