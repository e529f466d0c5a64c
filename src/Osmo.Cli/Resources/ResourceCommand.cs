using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Pools;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Resources;

/// <summary><c>osmo resource</c>: what the nodes of pools have, and what of it is used.</summary>
internal static class ResourceCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("resource", "What the available nodes of pools have, and what of it is used.")
        {
            List(gateway, terminal),
            Info(gateway, terminal),
        };

    private static DocumentedCommand List(GatewayOptions gateway, CliTerminal terminal)
    {
        var (pools, mode) = (PoolCommand.PoolOption(), PoolCommand.ModeOption());
        var platforms = PlatformOption();
        var all = new Option<bool>("--all", "-a") { Description = "The nodes of every pool." };
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", "List the nodes of pools; without -p those of your default pool.", """
            Nodes that may not be scheduled on are not listed: 'osmo node list --unavailable' shows them.

            Examples:
              osmo resource list
              osmo resource list -p robotics --platform dgx-h100 -m free
              osmo resource list --all -o json
            """)
        {
            pools, platforms, all, mode,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var asked = parsed.GetValue(pools) is { Length: > 0 } named ? named
                : parsed.GetValue(all) ? []
                : [await DefaultPoolAsync(client, cancellationToken)];
            await RequireAsync(client, asked, cancellationToken);
            var query = $"all_pools={(asked.Length == 0 ? "True" : "False")}"
                + string.Concat(asked.Select(pool => $"&pools={Uri.EscapeDataString(pool)}"))
                + string.Concat((parsed.GetValue(platforms) ?? []).Select(platform => $"&platforms={Uri.EscapeDataString(platform)}"));
            var answer = (await client.GetAsync($"api/resources?{query}", cancellationToken)).Object();
            Show(answer, row => asked.Length == 0 || asked.Contains(row.Pool), parsed.GetRequiredValue(mode), output.Of(parsed), terminal);
        });
        return command;
    }

    private static DocumentedCommand Info(GatewayOptions gateway, CliTerminal terminal)
    {
        var node = new Argument<string>("NODE") { Description = "The node's name." };
        var (pools, platforms) = (PoolCommand.PoolOption(), PlatformOption());
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var command = new DocumentedCommand("info", "Show a node as a resource of its pools.", """
            Examples:
              osmo resource info dgx-west-00017
              osmo resource info dgx-west-00017 -p robotics -pl dgx-h100
            """)
        {
            node, pools, platforms,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (pool, platform) = (parsed.GetValue(pools) ?? [], parsed.GetValue(platforms) ?? []);
            using var client = gateway.Connect(parsed, terminal);
            var path = $"api/resources/{Uri.EscapeDataString(parsed.GetRequiredValue(node))}";
            var answer = (await client.GetAsync(path, cancellationToken)).Object();
            Show(
                answer,
                row => (pool.Length == 0 || pool.Contains(row.Pool)) && (platform.Length == 0 || platform.Contains(row.Platform)),
                "used",
                output.Of(parsed),
                terminal);
        });
        return command;
    }

    private static Option<string[]> PlatformOption() => new("--platform", "-pl")
    {
        Description = "Only these platforms.",
        HelpName = "PLATFORM",
        AllowMultipleArgumentsPerToken = true,
    };

    private static async Task<string> DefaultPoolAsync(GatewayClient client, CancellationToken cancellationToken)
    {
        var settings = (await client.GetAsync("api/profile/settings", cancellationToken)).Object();
        if (settings["profile"]?["pool"]?.ToString() is { Length: > 0 } pool)
        {
            return pool;
        }

        // Of one pool alone it is clear which is meant.
        return await PoolsAsync(client, cancellationToken) is { Count: 1 } only
            ? only.Single().Key
            : throw new CliError("No default pool set. Name one with -p POOL, or list every pool's nodes with --all.", ExitCode.Usage);
    }

    private static async Task<JsonObject> PoolsAsync(GatewayClient client, CancellationToken cancellationToken) =>
        (await client.GetAsync("api/pool", cancellationToken)).Object()["pools"] as JsonObject ?? [];

    private static async Task RequireAsync(GatewayClient client, string[] asked, CancellationToken cancellationToken)
    {
        var known = await PoolsAsync(client, cancellationToken);
        if (asked.FirstOrDefault(pool => !known.ContainsKey(pool)) is { } missing)
        {
            throw new CliError($"There is no pool \"{missing}\"{Suggestion.For(missing, known.Select(pool => pool.Key))}");
        }
    }

    private static void Show(JsonObject answer, Func<ResourceRow, bool> wanted, string mode, OutputFormat format, CliTerminal terminal)
    {
        var rows = (answer["resources"] as JsonArray ?? []).OfType<JsonObject>().SelectMany(ResourceRow.Of).Where(wanted).ToArray();
        ListOutput.Write(
            format,
            () => answer,
            () => rows.Select(row => row.Node).Distinct().Select(node => $"node/{node}"),
            () => WriteTable(rows, free: mode == "free", terminal),
            terminal);
    }

    private static void WriteTable(ResourceRow[] rows, bool free, CliTerminal terminal)
    {
        if (rows.Length == 0)
        {
            terminal.Out.WriteLine("There are no available resources.");
            return;
        }

        var cells = rows.Select(row => row.Cells(free));
        GuideTable.Write(ResourceRow.Headings, rows.Length > 1 ? cells.Append(ResourceRow.Sum(rows, free)) : cells, terminal);
    }
}
