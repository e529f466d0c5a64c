using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;
using Spectre.Console;

namespace Osmo.Cli.Silos;

/// <summary><c>osmo silo</c>: the silos of a cluster.</summary>
internal static class SiloCommand
{
    private const string Table = "table";
    private const string Wide = "wide";
    private const string Json = "json";
    private const string Name = "name";
    private const int StateColumn = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

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
        var output = new Option<string>("--output", "-o")
        {
            Description = "table, wide (adds version, incarnation, start and address), json, or name.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => Table,
        };
        output.AcceptOnlyFromAmong(Table, Wide, Json, Name);
        var command = new DocumentedCommand("list", ListSummary, ListDetails) { output };
        gateway.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            using var answer = JsonDocument.Parse((await client.GetAsync("api/silos", cancellationToken)).Object().ToJsonString());
            Show(answer.RootElement, parsed.GetRequiredValue(output), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Show(JsonElement answer, string output, CliTerminal terminal)
    {
        var silos = answer.GetProperty("silos").EnumerateArray();
        switch (output)
        {
            case Json:
                terminal.Out.WriteLine(JsonSerializer.Serialize(answer, Indented));
                break;
            case Name:
                foreach (var silo in silos)
                {
                    terminal.Out.WriteLine($"silo/{Printable.Line(Text(silo, "id"))}");
                }

                break;
            default:
                string[] wide = output == Wide ? ["VERSION", "INCARNATION", "STARTED", "ADDRESS"] : [];
                new ColumnTable(["NAME", "STATE", "SHARDS", "BACKENDS", "NODES", "LEASE LEFT", .. wide], Colour)
                    .Write(silos.Select(silo => Cells(silo, output == Wide)), terminal);
                break;
        }
    }

    private static string[] Cells(JsonElement silo, bool wide)
    {
        var lease = silo.GetProperty("lease_left_seconds");
        double? left = lease.ValueKind == JsonValueKind.Number ? lease.GetDouble() : null;
        var state = left <= 0 ? "Expired" : silo.GetProperty("draining").GetBoolean() ? "Draining" : "Serving";
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

    private static string Text(JsonElement silo, string field) => silo.GetProperty(field).ToString();

    private static Color? Colour(int column, string cell) => (column, cell) switch
    {
        (StateColumn, "Serving") => Color.Green,
        (StateColumn, "Expired") => Color.Red,
        (StateColumn, _) => Color.Yellow,
        _ => null,
    };
}
