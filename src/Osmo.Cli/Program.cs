using Osmo.Cli;
using Osmo.Cli.Terminal;

return await OsmoCommand.RunAsync(args, CliTerminal.OfProcess());
