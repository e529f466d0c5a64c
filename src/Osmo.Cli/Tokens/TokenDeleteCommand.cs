using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Tokens;

/// <summary><c>osmo token delete</c>: ends an access token for whoever has it.</summary>
internal static class TokenDeleteCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "The token's name." };
        var service = TokenCommand.ServiceOption();
        var command = new DocumentedCommand("delete", "Delete an access token. Within seconds nobody gets in with it.", """
            Examples:
              osmo token delete my-laptop
              osmo token delete dgx-west-token --service
            """)
        {
            name, service,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var token = parsed.GetRequiredValue(name);
            using var client = gateway.Connect(parsed, terminal);
            var path = $"{TokenCommand.Path(parsed.GetValue(service))}/{Uri.EscapeDataString(token)}";
            await client.SendAsync(HttpMethod.Delete, path, null, null, cancellationToken);
            await terminal.Out.WriteLineAsync($"Access token {Printable.Line(token)} deleted");
        });
        return command;
    }
}
