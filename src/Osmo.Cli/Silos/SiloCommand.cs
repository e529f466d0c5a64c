using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;
using Spectre.Console;

namespace Osmo.Cli.Silos;

/// <summary><c>osmo silo</c>: the silos of a cluster.</summary>
internal static class SiloCommand
{
    private const int StateColumn = 1;

    private const string ListSummary =
        "List the silos: who serves how many of the 256 shards, and with them which part of the backends.";

    private const string ListDetails = """
        A lease that has expired is one of a silo that died or hangs; within seconds the others take its shards over.

        Examples:
          osmo silo list
          osmo silo list -o wide --server https://osmo.example.com --token-file admin.token
        """;

    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("silo", "The silos of a cluster.") { List(gateway, terminal) };

    private static DocumentedCommand List(GatewayOptions gateway, CliTerminal terminal)
    {
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Wide, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", ListSummary, ListDetails);
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            Show((await client.GetAsync("api/silos", cancellationToken)).Object(), output.Of(parsed), terminal);
        });
        return command;
    }

    private static void Show(JsonObject answer, OutputFormat format, CliTerminal terminal)
    {
        var silos = answer["silos"] as JsonArray ?? [];
        var wide = format == OutputFormat.Wide;
        string[] more = wide ? ["VERSION", "INCARNATION", "STARTED", "ADDRESS"] : [];
        ListOutput.Write(
            format,
            () => answer,
            () => silos.Select(silo => $"silo/{Text(silo!, "id")}"),
            () => new ColumnTable(["NAME", "STATE", "SHARDS", "BACKENDS", "NODES", "LEASE LEFT", .. more], Colour)
                .Write(silos.Select(silo => Cells(silo!, wide)), terminal),
            terminal);
    }

    private static string[] Cells(JsonNode silo, bool wide)
    {
        var left = (double?)silo["lease_left_seconds"];
        var state = left <= 0 ? "Expired" : (bool?)silo["draining"] == true ? "Draining" : "Serving";
        string[] more = wide ? [Text(silo, "version"), Text(silo, "incarnation"), Text(silo, "started_at"), Text(silo, "address")] : [];
        return
        [
            Text(silo, "id"),
            state,
            Text(silo, "shards"),
            Text(silo, "backends"),
            Text(silo, "nodes"),
            left is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0}s") : "",
            .. more,
        ];
    }

    private static string Text(JsonNode silo, string field) => silo[field]?.ToString() ?? "";

    private static Color? Colour(int column, string cell) => (column, cell) switch
    {
        (StateColumn, "Serving") => Color.Green,
        (StateColumn, "Expired") => Color.Red,
        (StateColumn, _) => Color.Yellow,
        _ => null,
    };
}
