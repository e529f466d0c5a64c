using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Versions;

/// <summary><c>osmo version</c>: this program's version and, where it answers, the gateway's.</summary>
internal static class VersionCommand
{
    // Who asks for a version wants no lecture about a gateway that is away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var clientOnly = new Option<bool>("--client") { Description = "Do not ask the gateway." };
        var command = new DocumentedCommand("version", "Show the versions of this program and of the gateway.", """
            Examples:
              osmo version
              osmo version --client -o json
            """)
        {
            clientOnly,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var service = parsed.GetValue(clientOnly) ? null : await AskAsync(gateway, parsed, terminal, cancellationToken);
            Show(service, output.Of(parsed), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<string?> AskAsync(
        GatewayOptions gateway, ParseResult parsed, CliTerminal terminal, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var client = gateway.Connect(parsed, terminal);
            var said = (await client.GetAsync("api/version", limit.Token)).Object();
            var hash = said["hash"]?.ToString() is { Length: > 0 } text ? $".{text}" : "";
            return $"{said["major"]}.{said["minor"]}.{said["revision"]}{hash}";
        }
        catch (CliError error) when (error.ExitCode != ExitCode.Usage)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static void Show(string? service, OutputFormat format, CliTerminal terminal)
    {
        if (format != OutputFormat.Table)
        {
            DocumentWriter.Write(new JsonObject { ["client"] = ClientVersion.Full, ["service"] = service }, format, terminal.Out);
            return;
        }

        terminal.Out.WriteLine($"OSMO client version:  {ClientVersion.Short}");
        if (service is not null)
        {
            terminal.Out.WriteLine($"OSMO service version: {Printable.Line(service)}");
        }
    }
}
