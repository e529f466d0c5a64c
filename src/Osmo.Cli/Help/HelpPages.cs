using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Help;

/// <summary>Help as wide as the terminal, with details, examples and exit codes after the options.</summary>
internal static class HelpPages
{
    private const int WidthDefault = 120;
    private const int WidthMin = 40;

    /// <param name="root">The program.</param>
    /// <param name="connection">Options that only commands have a use for that ask a gateway; the help of others leaves them out.</param>
    /// <param name="terminal">Where the help is shown.</param>
    public static void Install(RootCommand root, IReadOnlyList<Option> connection, CliTerminal terminal)
    {
        var width = Math.Max(WidthMin, terminal.Width ?? WidthDefault);
        root.Options.OfType<HelpOption>().Single().Action = new Page(width, connection);
    }

    private static void WriteDetails(DocumentedCommand command, TextWriter output, int width)
    {
        if (command.Details.Length > 0)
        {
            Write(output, command.Details, width);
            output.WriteLine();
        }

        Write(output, ExitCode.Help, width);
    }

    private static void Write(TextWriter output, string text, int width)
    {
        foreach (var line in text.Split('\n'))
        {
            var indent = line.Length - line.TrimStart().Length;
            foreach (var part in TextWrap.Lines(line.Trim(), width - indent))
            {
                output.WriteLine(new string(' ', part.Length == 0 ? 0 : indent) + part);
            }
        }
    }

    private static bool IsLocal(CommandResult command) =>
        command.Command is DocumentedCommand { IsLocal: true } || (command.Parent is CommandResult parent && IsLocal(parent));

    private sealed class Page(int width, IReadOnlyList<Option> connection) : SynchronousCommandLineAction
    {
        private readonly HelpAction _usage = new() { MaxWidth = width };

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var isLocal = IsLocal(parseResult.CommandResult);
            foreach (var option in connection)
            {
                option.Hidden = isLocal;
            }

            _usage.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand command)
            {
                WriteDetails(command, parseResult.InvocationConfiguration.Output, width);
            }

            return ExitCode.Done;
        }
    }
}
