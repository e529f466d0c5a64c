using System.CommandLine;
using System.CommandLine.Parsing;
using Osmo.Cli.Apply;
using Osmo.Cli.Backends;
using Osmo.Cli.Completion;
using Osmo.Cli.Configs;
using Osmo.Cli.Evaluate;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Login;
using Osmo.Cli.Nodes;
using Osmo.Cli.Pools;
using Osmo.Cli.Profiles;
using Osmo.Cli.Resources;
using Osmo.Cli.Silos;
using Osmo.Cli.Terminal;
using Osmo.Cli.Tokens;
using Osmo.Cli.Versions;

namespace Osmo.Cli;

/// <summary>The <c>osmo</c> command: its subcommands, and how their failures become messages and exit codes.</summary>
internal static class OsmoCommand
{
    public static async Task<int> RunAsync(string[] args, CliTerminal terminal)
    {
        var root = Create(terminal);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not { ClearsParseErrors: true })
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Error.WriteLineAsync($"osmo: {Printable.Lines(UsageErrors.Message(error))}");
            }

            await terminal.Error.WriteLineAsync($"See '{PathOf(parsed.CommandResult)} --help'.");
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
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException && error.Source == "System.Text.Json")
        {
            await terminal.Error.WriteLineAsync(
                $"osmo: The gateway answered in a form that this program does not understand: {Printable.Lines(error.Message)} "
                + "Is one of the two much older than the other? See 'osmo version'.");
            return ExitCode.Unreachable;
        }
        catch (IOException failure)
        {
            // Not that a reader such as head has seen enough: of that .NET says nothing.
            await terminal.Error.WriteLineAsync($"osmo: The output could not be written: {Printable.Line(failure.Message)}");
            return ExitCode.BadInput;
        }
    }

    internal static RootCommand Create(CliTerminal terminal)
    {
        var gateway = new GatewayOptions();
        var root = new RootCommand("Osmo: which nodes of your clusters may be scheduled on, and why not.")
        {
            LoginCommand.Create(gateway, terminal),
            LogoutCommand.Create(gateway, terminal),
            ProfileCommand.Create(terminal),
            TokenCommand.Create(gateway, terminal),
            ConfigCommand.Create(gateway, terminal),
            ApplyCommand.Create(gateway, terminal),
            BackendCommand.Create(gateway, terminal),
            NodeCommand.Create(gateway, terminal),
            ExplainCommand.Create(gateway, terminal),
            PoolCommand.Create(gateway, terminal),
            ResourceCommand.Create(gateway, terminal),
            SiloCommand.Create(gateway, terminal),
            EvaluateCommand.Create(terminal),
            CompletionCommand.Create(terminal),
            VersionCommand.Create(gateway, terminal),
        };
        foreach (var option in gateway.All)
        {
            root.Options.Add(option);
        }

        HelpPages.Install(root, gateway.All, terminal);
        Suggestions.Install(root, gateway, terminal);
        return root;
    }

    private static string PathOf(CommandResult command)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = command; result is not null; result = result.Parent)
        {
            if (result is CommandResult { Command: var part })
            {
                names.Push(part is RootCommand ? "osmo" : part.Name);
            }
        }

        return string.Join(' ', names);
    }
}
