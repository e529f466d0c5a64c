using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Nodes;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Backends;

/// <summary><c>osmo backend</c>: backends in numbers.</summary>
internal static class BackendCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("backend", "Backends in numbers: nodes, availability, labels, agents.")
        {
            List(gateway, terminal),
            Show(gateway, terminal),
        };

    private static DocumentedCommand List(GatewayOptions gateway, CliTerminal terminal)
    {
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Wide, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on: show each backend that changes, until Ctrl-C." };
        var command = new DocumentedCommand("list", "List the backends.", """
            Examples:
              osmo backend list
              osmo backend list -o wide
              osmo backend list --watch
            """)
        {
            watch,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var (api, format) = (new FleetApi(client), output.Of(parsed));
            if (parsed.GetValue(watch))
            {
                await BackendWatch.RunAsync(api, format, terminal, cancellationToken);
                return;
            }

            var backends = await api.BackendsAsync(cancellationToken);
            Write(backends, format, terminal);
            if (backends.Where(BackendRow.IsUnknown).ToArray() is [var first, ..] unknown)
            {
                throw new CliError(
                    $"{unknown.Length} of {backends.Count} backends do not answer. {FleetApi.NameOf(first)}: {(string?)first["error"]}",
                    ExitCode.Unreachable);
            }
        });
        return command;
    }

    private static void Write(IReadOnlyList<JsonObject> backends, OutputFormat format, CliTerminal terminal)
    {
        var wide = format == OutputFormat.Wide;
        ListOutput.Write(
            format,
            () => new JsonArray([.. backends.Select(backend => backend.DeepClone())]),
            () => backends.Select(backend => $"backend/{FleetApi.NameOf(backend)}"),
            () => new ColumnTable(BackendRow.Headings(wide), BackendRow.Colour)
                .Write(backends.Select(backend => BackendRow.Cells(backend, wide, terminal.Time)), terminal),
            terminal);
    }

    private static DocumentedCommand Show(GatewayOptions gateway, CliTerminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "The backend." };
        gateway.Backends.Offer(name.CompletionSources);
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var command = new DocumentedCommand("show", "Show a backend in numbers.", """
            Its configuration: osmo config show BACKEND NAME

            Examples:
              osmo backend show dgx-west
            """)
        {
            name,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var backend = await new FleetApi(client).BackendAsync(parsed.GetRequiredValue(name), cancellationToken);
            var format = output.Of(parsed);
            if (format == OutputFormat.Table)
            {
                GuideTable.Write(["Key", "Value"], backend.Select(field => new[] { field.Key, field.Value?.ToString() ?? "-" }), terminal);
                return;
            }

            DocumentWriter.Write(backend, format, terminal.Out);
        });
        return command;
    }
}
