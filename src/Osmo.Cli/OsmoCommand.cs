using System.CommandLine;
using Osmo.Cli.Evaluate;
using Osmo.Cli.Silos;
using Osmo.Cli.Terminal;

namespace Osmo.Cli;

/// <summary>The <c>osmo</c> command: its subcommands, and how their failures become messages and exit codes.</summary>
internal static class OsmoCommand
{
    public static async Task<int> RunAsync(string[] args, CliTerminal terminal)
    {
        var root = new RootCommand("Osmo: which nodes of your clusters may be scheduled on, and why not.")
        {
            EvaluateCommand.Create(terminal),
            SiloCommand.Create(terminal),
        };

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Error.WriteLineAsync($"osmo: {error.Message}");
            }

            var command = parsed.CommandResult.Command == root ? "osmo" : $"osmo {parsed.CommandResult.Command.Name}";
            await terminal.Error.WriteLineAsync($"See '{command} --help'.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
            });
        }
        catch (CliError error)
        {
            await terminal.Error.WriteLineAsync($"osmo: {Printable.Lines(error.Message)}");
            return error.ExitCode;
        }
    }
}
