using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Help;

/// <summary>Help as wide as the terminal, with details, examples and exit codes after the options.</summary>
internal static class HelpPages
{
    private const int WidthDefault = 120;
    private const int WidthMin = 40;

    public static void Install(RootCommand root, CliTerminal terminal)
    {
        var width = Math.Max(WidthMin, terminal.Width ?? WidthDefault);
        root.Options.OfType<HelpOption>().Single().Action = new Page(width);
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

    private sealed class Page(int width) : SynchronousCommandLineAction
    {
        private readonly HelpAction _usage = new() { MaxWidth = width };

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            _usage.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand command)
            {
                WriteDetails(command, parseResult.InvocationConfiguration.Output, width);
            }

            return ExitCode.Done;
        }
    }
}
