using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Nodes;

/// <summary><c>osmo node list</c>: nodes, whether they may be scheduled on, and why not.</summary>
internal sealed class NodeCommand
{
    private readonly Argument<string?> _backend = new("BACKEND")
    {
        Description = "The backend; all of them where none is named.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly NodeFilterOptions _filter = new();
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Go on: show each node that changes, until Ctrl-C." };
    private readonly OutputOption _output =
        new(OutputFormat.Table, OutputFormat.Wide, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);

    private readonly GatewayOptions _gateway;
    private readonly CliTerminal _terminal;

    private NodeCommand(GatewayOptions gateway, CliTerminal terminal) => (_gateway, _terminal) = (gateway, terminal);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("node", "Nodes of the backends.") { new NodeCommand(gateway, terminal).List() };

    private DocumentedCommand List()
    {
        var command = new DocumentedCommand("list", "List nodes, whether they may be scheduled on, and why not.", """
            'osmo explain node NAME' says the same of one node, condition by condition.

            Examples:
              osmo node list
              osmo node list dgx-west --unavailable
              osmo node list -l nvidia.com/gpu.product=H100,example.com/pool!=interactive -o wide
              osmo node list dgx-west --condition GpuHealthy=False --watch
            """)
        {
            _backend, _watch,
        };
        _filter.AddTo(command);
        _output.AddTo(command);
        _gateway.Backends.Offer(_backend.CompletionSources);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (filter, format, backend) = (_filter.Of(parsed), _output.Of(parsed), parsed.GetValue(_backend));
        using var client = _gateway.Connect(parsed, _terminal);
        var api = new FleetApi(client);
        string[] backends = backend is not null
            ? [FleetApi.NameOf(await api.BackendAsync(backend, cancellationToken))]
            : [.. (await api.BackendsAsync(cancellationToken)).Select(FleetApi.NameOf)];
        if (parsed.GetValue(_watch))
        {
            await new NodeWatch(api, backend, filter, format, _terminal).RunAsync(cancellationToken);
            return;
        }

        var nodes = new List<(string Backend, JsonObject Node)>();
        foreach (var owner in backends)
        {
            nodes.AddRange((await api.NodesAsync(owner, filter, cancellationToken)).Select(node => (owner, node)));
        }

        Show(nodes, format);
    }

    private void Show(List<(string Backend, JsonObject Node)> nodes, OutputFormat format) => ListOutput.Write(
        format,
        () =>
        {
            nodes.ForEach(item => item.Node.Insert(0, "backend", item.Backend));
            return new JsonArray([.. nodes.Select(item => item.Node.DeepClone())]);
        },
        () => nodes.Select(item => $"node/{FleetApi.NameOf(item.Node)}"),
        () => WriteTable(nodes, format == OutputFormat.Wide),
        _terminal);

    private void WriteTable(List<(string Backend, JsonObject Node)> nodes, bool wide)
    {
        if (nodes.Count > 0)
        {
            new ColumnTable(NodeRow.Headings(wide), NodeRow.Colour)
                .Write(nodes.Select(item => NodeRow.Cells(item.Backend, item.Node, wide, _terminal.Time)), _terminal);
        }

        var watched = nodes.Where(item => !Age.IsStale(item.Node)).ToArray();
        var available = watched.Count(item => (bool?)item.Node["available"] == true);
        var noun = nodes.Count == 1 ? "node" : "nodes";
        var unknown = nodes.Count > watched.Length ? $", {nodes.Count - watched.Length} unknown" : "";
        _terminal.Out.WriteLine($"{nodes.Count} {noun}: {available} available, {watched.Length - available} unavailable{unknown}");
    }
}
