using System.CommandLine;
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

    /// <summary>The membership's word for a member that is neither coming nor going.</summary>
    private const string Active = "Active";

    private const string Serving = "Serving";
    private const string Silo = "silo";

    private const string ListSummary = "List the silos: who is there, and who serves how many backends.";

    private const string ListDetails = """
        A silo that says nothing of its backends hangs, or is just coming or going; if it died it leaves the list within seconds, and the
        others serve its backends. Gateways that run no backends are members, too.

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
        string[] more = wide ? ["ROLE", "VERSION", "STARTED", "ADDRESS"] : [];
        ListOutput.Write(
            format,
            () => answer,
            () => silos.Select(silo => $"silo/{Text(silo!, "name")}"),
            () => new ColumnTable(["NAME", "STATE", "BACKENDS", "NODES", .. more], Colour)
                .Write(silos.Select(silo => Cells(silo!, wide)), terminal),
            terminal);
    }

    private static string[] Cells(JsonNode silo, bool wide)
    {
        string[] more = wide ? [Role(silo), Text(silo, "version"), Text(silo, "started_at"), Text(silo, "address")] : [];
        return [Text(silo, "name"), State(silo), Text(silo, "backends"), Text(silo, "nodes"), .. more];
    }

    private static string State(JsonNode silo) => (Text(silo, "status"), (bool?)silo["draining"]) switch
    {
        (Active, true) => "Draining",
        (Active, null) when Role(silo) == Silo => "Silent",
        (Active, _) => Serving,
        var (status, _) => status,
    };

    private static string Role(JsonNode silo) => (bool?)silo["hosts_grains"] == true ? Silo : "gateway";

    private static string Text(JsonNode silo, string field) => silo[field]?.ToString() ?? "";

    private static Color? Colour(int column, string cell) => (column, cell) switch
    {
        (StateColumn, Serving) => Color.Green,
        (StateColumn, _) => Color.Yellow,
        _ => null,
    };
}
