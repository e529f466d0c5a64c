using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Tokens;

/// <summary><c>osmo token list</c>: access tokens, without what makes them tokens.</summary>
internal static class TokenListCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var service = TokenCommand.ServiceOption();
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", "List access tokens.", """
            Examples:
              osmo token list
              osmo token list --service
            """)
        {
            service,
        };
        output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = gateway.Connect(parsed, terminal);
            var answer = (await client.GetAsync(TokenCommand.Path(parsed.GetValue(service)), cancellationToken)).Node();
            Show(answer as JsonArray ?? [], output.Of(parsed), terminal);
        });
        return command;
    }

    private static void Show(JsonArray tokens, OutputFormat format, CliTerminal terminal) => ListOutput.Write(
        format, () => tokens, () => tokens.Select(token => $"token/{token!["token_name"]}"), () => WriteTable(tokens, terminal), terminal);

    private static void WriteTable(JsonArray tokens, CliTerminal terminal)
    {
        if (tokens.Count == 0)
        {
            terminal.Out.WriteLine("No tokens found");
            return;
        }

        GuideTable.Write(
            ["Name", "Description", "Roles", "Active", "Expires At (UTC)"], tokens.Select(token => Cells(token!, terminal.Time)), terminal);
        terminal.Out.WriteLine();
    }

    /// <summary>The day on which a token expires counts as expired already.</summary>
    private static string[] Cells(JsonNode token, TimeProvider time)
    {
        var day = token["expires_at"]?.ToString().Split('T')[0] ?? "";
        var today = time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return
        [
            token["token_name"]?.ToString() ?? "",
            token["description"]?.ToString() ?? "",
            string.Join(", ", (token["roles"] as JsonArray ?? []).Select(role => role!.ToString())),
            string.CompareOrdinal(day, today) <= 0 ? "Expired" : "Active",
            day,
        ];
    }
}
