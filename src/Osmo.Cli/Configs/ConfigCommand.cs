using System.CommandLine;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config</c>: configurations and their history.</summary>
internal static class ConfigCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("config", "Configurations and their history.", """
            Types: BACKEND, BACKEND_TEST, DATASET, POD_TEMPLATE, POOL, RESOURCE_VALIDATION, ROLE, SERVICE, WORKFLOW, in any case.
            TYPE:N is revision N of a type.
            """)
        {
            ListCommand.Create(gateway, terminal),
            ShowCommand.Create(gateway, terminal),
            HistoryCommand.Create(gateway, terminal),
            DiffCommand.Create(gateway, terminal),
            UpdateCommand.Create(gateway, terminal),
            SetCommand.Create(gateway, terminal),
            DeleteCommand.Create(gateway, terminal),
            RollbackCommand.Create(gateway, terminal),
            TagCommand.Create(gateway, terminal),
        };
}
