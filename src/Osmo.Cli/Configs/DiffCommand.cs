using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config diff</c>: what changed between two revisions.</summary>
internal static class DiffCommand
{
    private const int Newest = 2;

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var first = ConfigType.Argument("TYPE[:REVISION]", "The older revision; without a number the last but one.");
        var second = new Argument<string?>("TYPE[:REVISION]_2")
        {
            Description = "The newer revision; the newest where it is not given.",
            HelpName = "TYPE[:REVISION]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new DocumentedCommand("diff", "Show what changed between two revisions.", """
            Examples:
              osmo config diff BACKEND
              osmo config diff BACKEND:12
              osmo config diff BACKEND:12 BACKEND:15
            """)
        {
            first, second,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var older = ConfigReference.Parse(parsed.GetRequiredValue(first));
            var newer = parsed.GetValue(second) is { } text ? ConfigReference.Parse(text) : new ConfigReference(older.Type, null);
            if (older.Type != newer.Type)
            {
                throw new CliError($"{older.Type} and {newer.Type} cannot be compared: name two revisions of one type.", ExitCode.Usage);
            }

            using var client = gateway.Connect(parsed, terminal);
            await ShowAsync(new ConfigApi(client), older, newer, terminal, cancellationToken);
        });
        return command;
    }

    private static async Task ShowAsync(
        ConfigApi api, ConfigReference older, ConfigReference newer, CliTerminal terminal, CancellationToken cancellationToken)
    {
        var type = older.Type;
        var newest = older.Revision is null || newer.Revision is null
            ? await api.NewestRevisionsAsync(type, Newest, cancellationToken)
            : [];
        var from = older.Revision ?? newest[^1];
        var to = newer.Revision ?? newest[0];
        var path = $"api/configs/diff?config_type={type}&first_revision={from}&second_revision={to}";
        var answer = (await api.Client.GetAsync(path, cancellationToken)).Object();
        var (before, after) = (DocumentWriter.Json(answer["first_data"]), DocumentWriter.Json(answer["second_data"]));
        if (before == after)
        {
            await terminal.Out.WriteLineAsync("No differences were found between the two revisions");
            return;
        }

        UnifiedDiff.Write(before, after, $"{type}:{from}", $"{type}:{to}", terminal);
    }
}
