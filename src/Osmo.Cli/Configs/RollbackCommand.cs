using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config rollback</c>: makes a new revision with the content of an old one.</summary>
internal static class RollbackCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var reference = ConfigType.Argument("TYPE:REVISION", "The revision to go back to.");
        var change = new ChangeOptions();
        var command = new DocumentedCommand("rollback", "Go back to an old revision, by a new one with its content.", """
            Examples:
              osmo config rollback BACKEND:12 --dry-run
              osmo config rollback BACKEND:12 --description "the new rules took every node out"
            """)
        {
            reference,
        };
        change.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (type, revision) = ConfigReference.ParseRevision(parsed.GetRequiredValue(reference));
            using var client = gateway.Connect(parsed, terminal);
            if (change.DryRun(parsed))
            {
                await ShowAsync(new ConfigApi(client), type, revision, terminal, cancellationToken);
                return;
            }

            var body = change.Note(parsed).Body();
            body["revision"] = revision;
            body["config_type"] = type.Name;
            var answer = (await client.SendAsync(HttpMethod.Post, "api/configs/history/rollback", body, null, cancellationToken)).Node();
            await terminal.Out.WriteLineAsync($"Successfully rolled back {type} to revision {revision}.");
            if (answer is not null)
            {
                DocumentWriter.Write(answer, OutputFormat.Json, terminal.Out);
            }
        });
        return command;
    }

    private static async Task ShowAsync(
        ConfigApi api, ConfigType type, long revision, CliTerminal terminal, CancellationToken cancellationToken)
    {
        var newest = await api.NewestRevisionAsync(type, cancellationToken);
        var now = await api.ReadRevisionAsync(type, newest, cancellationToken);
        var then = await api.ReadRevisionAsync(type, revision, cancellationToken);
        UnifiedDiff.Write(DocumentWriter.Json(now), DocumentWriter.Json(then), $"{type}:{newest} (now)", $"{type}:{revision}", terminal);
        await terminal.Out.WriteLineAsync("Nothing was changed (--dry-run).");
    }
}
