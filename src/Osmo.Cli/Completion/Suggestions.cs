using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Osmo.Cli.Gateway;
using Osmo.Cli.Nodes;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Completion;

/// <summary>
/// What a shell asks with <c>[suggest:POSITION]</c>: what may follow in a command line. Who presses the tab key wants no message and no
/// wait, so a gateway that does not answer at once, or refuses, adds nothing.
/// </summary>
internal sealed class Suggestions(GatewayOptions gateway, CliTerminal terminal) : AsynchronousCommandLineAction
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Takes the place of the answer that knows no names.</summary>
    public static void Install(RootCommand root, GatewayOptions gateway, CliTerminal terminal) =>
        root.Directives.OfType<SuggestDirective>().Single().Action = new Suggestions(gateway, terminal);

    /// <summary>The line that is to be completed is no command of this one.</summary>
    public override bool ClearsParseErrors => true;

    public override async Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? "";
        var parsed = parseResult.RootCommandResult.Command.Parse(line);
        var position = PositionOf(parseResult, line);
        var offered = parsed.GetCompletions(position).ToArray();
        if (gateway.Backends.IsWanted)
        {
            gateway.Backends.Fill(await ReadNamesAsync(parsed, cancellationToken));
            offered = [.. parsed.GetCompletions(position)];
        }

        foreach (var item in offered)
        {
            await terminal.Out.WriteLineAsync(Printable.Line(item.Label));
        }

        return ExitCode.Done;
    }

    private static int PositionOf(ParseResult parsed, string line) =>
        parsed.Tokens.FirstOrDefault(token => token.Type == TokenType.Directive)?.Value.Trim('[', ']').Split(':') is [_, var number]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? Math.Min(position, line.Length)
            : line.Length;

    private async Task<IReadOnlyList<string>> ReadNamesAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, terminal.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var client = gateway.Connect(parsed, terminal);
            return [.. (await new FleetApi(client).BackendsAsync(limit.Token)).Select(FleetApi.NameOf)];
        }
        catch (Exception failure) when (failure is CliError or OperationCanceledException or InvalidOperationException or JsonException)
        {
            return [];
        }
    }
}
