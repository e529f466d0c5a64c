using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config delete</c>: deletes a part of a configuration, or a revision from the history.</summary>
internal static class DeleteCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var reference = ConfigType.Argument("TYPE[:REVISION]");
        var name = new Argument<string?>("NAME") { Description = "The part to delete.", Arity = ArgumentArity.ZeroOrOne };
        var change = new ChangeOptions();
        var command = new DocumentedCommand("delete", "Delete a part of a configuration, or a revision from the history.", """
            Uninstall a backend's agent before you delete the backend: one that still runs registers it anew.

            Examples:
              osmo config delete BACKEND dgx-west
              osmo config delete BACKEND:12
            """)
        {
            reference, name,
        };
        change.AddTo(command);
        gateway.Backends.Offer(name.CompletionSources, parsed => ConfigType.IsBackend(parsed, reference));
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (type, revision) = ConfigReference.Parse(parsed.GetRequiredValue(reference));
            var (path, body, done) = (revision, parsed.GetValue(name)) switch
            {
                ({ } number, null) => (
                    $"api/configs/history/{type.Route}/revision/{number}",
                    (JsonObject?)null,
                    $"revision {number} of {type} config"),
                (null, { } part) => (type.Path(part), change.Note(parsed).Body(), $"{type} config \"{Printable.Line(part)}\""),
                _ => throw new CliError($"Say what to delete: {type} NAME, or {type}:REVISION.", ExitCode.Usage),
            };
            using var client = gateway.Connect(parsed, terminal);
            if (change.DryRun(parsed))
            {
                if (parsed.GetValue(name) is { } part)
                {
                    await new ConfigApi(client).ReadAsync(type, part, cancellationToken);
                }

                await terminal.Out.WriteLineAsync($"Would delete {done} (--dry-run).");
                return;
            }

            await client.SendAsync(HttpMethod.Delete, path, body, null, cancellationToken);
            await terminal.Out.WriteLineAsync($"Successfully deleted {done}");
        });
        return command;
    }
}
