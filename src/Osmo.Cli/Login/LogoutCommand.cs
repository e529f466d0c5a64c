using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Profiles;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Login;

/// <summary><c>osmo logout</c>: forgets the log-in and keeps the gateway's address. Nothing is sent.</summary>
internal static class LogoutCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var command = new DocumentedCommand("logout", "Forget the log-in. Nothing is sent.", """
            An access token stays valid for others who have it: delete it with 'osmo token delete NAME'.

            Examples:
              osmo logout
              osmo logout --profile prod
            """);
        command.SetAction(parsed =>
        {
            var store = ProfileStore.Load();
            var (name, profile) = store.Find(gateway.ProfileName(parsed));
            if (profile is not null)
            {
                store.Put(name, profile with { Login = null }, makeCurrent: false);
            }

            terminal.Out.WriteLine("Successfully logged out.");
        });
        return command;
    }
}
