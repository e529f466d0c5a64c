using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Tokens;

/// <summary><c>osmo token</c>: access tokens, one's own and those of services.</summary>
internal static class TokenCommand
{
    public const string BasePath = "api/auth/access_token";

    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("token", "Access tokens: your own, and those of services such as agents.")
        {
            TokenSetCommand.Create(gateway, terminal),
            TokenListCommand.Create(gateway, terminal),
            TokenDeleteCommand.Create(gateway, terminal),
        };

    public static Option<bool> ServiceOption() => new("--service") { Description = "A service's token, not your own." };

    public static string Path(bool service) => $"{BasePath}/{(service ? "service" : "user")}";
}
