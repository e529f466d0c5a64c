using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config list</c>: the newest revision of each type.</summary>
internal static class ListCommand
{
    // Not this machine's time: its clock may be behind the gateway's, and what was made since would be missing.
    private const string EndOfTime = "9999-12-31T23:59:59";

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Wide, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", "List the types with their newest revision.", """
            Examples:
              osmo config list
              osmo config list -o wide
            """);
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var entries = await new ConfigApi(client).HistoryAsync($"omit_data=True&at_timestamp={EndOfTime}", cancellationToken);
            var sorted = entries.OrderBy(entry => (string?)entry!["config_type"], StringComparer.Ordinal);
            var format = output.Of(parsed);
            var copy = new JsonArray([.. sorted.Select(entry => entry!.DeepClone())]);
            HistoryTable.Write(copy, format, brief: format != OutputFormat.Wide, terminal);
        });
        return command;
    }
}
