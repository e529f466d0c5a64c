using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;
using Spectre.Console;

namespace Osmo.Cli.Nodes;

/// <summary><c>osmo explain node</c>: why a node may or may not be scheduled on, condition by condition.</summary>
internal static class ExplainCommand
{
    private const int PassesColumn = 3;

    public static Command Create(GatewayOptions gateway, CliTerminal terminal) =>
        new DocumentedCommand("explain", "Say why something is as it is.") { Node(gateway, terminal) };

    private static DocumentedCommand Node(GatewayOptions gateway, CliTerminal terminal)
    {
        var name = new Argument<string>("NODE") { Description = "The node's name; node/NAME is fine too." };
        var backend = new Option<string?>("--backend", "-b")
        {
            Description = "Its backend, where several have a node of that name.",
            HelpName = "NAME",
        };
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Wide, OutputFormat.Json, OutputFormat.Yaml);
        var command = new DocumentedCommand("node", "Say why a node may or may not be scheduled on.", """
            Examples:
              osmo explain node dgx-west-00017
              osmo explain node gpu-1 --backend dgx-west -o wide
            """)
        {
            name, backend,
        };
        output.AddTo(command);
        gateway.Backends.Offer(backend.CompletionSources);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            wanted = wanted.StartsWith("node/", StringComparison.Ordinal) ? wanted["node/".Length..] : wanted;
            using var client = gateway.Connect(parsed, terminal);
            var node = await FindAsync(new FleetApi(client), wanted, parsed.GetValue(backend), cancellationToken);
            var format = output.Of(parsed);
            if (format is OutputFormat.Json or OutputFormat.Yaml)
            {
                DocumentWriter.Write(node, format, terminal.Out);
            }
            else
            {
                Show(node, format == OutputFormat.Wide, terminal);
            }
        });
        return command;
    }

    private static async Task<JsonObject> FindAsync(FleetApi api, string name, string? backend, CancellationToken cancellationToken)
    {
        string[] backends = backend is not null
            ? [FleetApi.NameOf(await api.BackendAsync(backend, cancellationToken))]
            : [.. (await api.BackendsAsync(cancellationToken)).Select(FleetApi.NameOf)];
        var found = new List<JsonObject>();
        foreach (var owner in backends)
        {
            if (await api.NodeAsync(owner, name, cancellationToken) is { } node)
            {
                found.Add(node);
            }
        }

        return found switch
        {
            [var one] => one,
            [] => throw new CliError(
                $"No backend{(backend is null ? "" : $" \"{backend}\"")} has a node \"{name}\". 'osmo node list' shows the nodes."),
            _ => throw new CliError(
                $"Several backends have a node \"{name}\": {string.Join(", ", found.Select(node => node["backend"]))}. "
                + "Name one with --backend.",
                ExitCode.Usage),
        };
    }

    private static void Show(JsonObject node, bool wide, CliTerminal terminal)
    {
        var joint = Age.IsStale(node) ? ", last changed" : " since";
        var since = (string?)node["available_since"] is { } text ? $"{joint} {LocalTime.Show(text, terminal.Time)}" : "";
        Line(terminal, "Node", $"{node["backend"]}/{node["name"]}");
        Line(terminal, "Available", $"{NodeRow.Available(node)}{since}");
        foreach (var reason in node["reasons"] as JsonArray ?? [])
        {
            Line(terminal, "Reason", reason!.ToString());
        }

        foreach (var note in node["notes"] as JsonArray ?? [])
        {
            Line(terminal, "Note", note!.ToString());
        }

        if ((bool?)node["agent_verdict"] is { } word)
        {
            Line(terminal, "Agent", $"calls it {(word ? "available" : "unavailable")}; of its conditions it reports those that are True");
        }

        var asOf = !Age.IsStale(node) ? "" : Age.Of(node) is { } age ? $", as of {age} ago" : ", as last known";
        Line(terminal, "Label", $"{Label(node["label"])}{asOf}");
        if (wide)
        {
            var taints = node["taints"] as JsonArray ?? [];
            Map(terminal, "Taint", taints.Select(taint => $"{taint!["key"]}={taint["value"]}:{taint["effect"]}"));
            Map(terminal, "Allocatable", (node["allocatable"] as JsonObject ?? []).Select(item => $"{item.Key}={item.Value}"));
            Map(terminal, "Labels", (node["labels"] as JsonObject ?? []).Select(item => $"{item.Key}={item.Value}"));
        }

        terminal.Out.WriteLine();
        new ColumnTable(["CONDITION", "STATUS", "MUST BE", "PASSES", "BECAUSE"], Colour).Write(
            (node["conditions"] as JsonArray ?? []).OfType<JsonObject>().Select(Cells), terminal);
    }

    private static string Label(JsonNode? label)
    {
        var seen = (string?)label?["seen"] ?? "none";
        var wanted = (string?)label?["wanted"] is { } value && value != seen ? $", must be {value}" : "";
        var state = (string?)label?["error"] is { } error ? $" (failed: {error})" : (bool?)label?["pending"] == true ? " (on its way)" : "";
        return $"{label?["key"]} is {seen}{wanted}{state}";
    }

    private static string[] Cells(JsonObject condition)
    {
        var required = (string?)condition["required"] ?? "";
        var why = (string?)condition["rule"] switch
        {
            "ready_default" => "always required",
            "additional_entry" => $"additional_node_conditions: {condition["entry"]}",
            "ignore_entry" => $"ignore_node_conditions: {condition["entry"]}",
            "allowing_rule" or "refusing_rules" => $"rules: {condition["entry"]}",
            "no_rule" => "no rule applies",
            _ => "no entry names it",
        };
        return
        [
            condition["type"]?.ToString() ?? "",
            condition["status"]?.ToString() ?? "",
            required switch { "Any" => "anything", "Matching" => "as the rule says", _ => required },
            (bool?)condition["passes"] == true ? "yes" : "no", why,
        ];
    }

    private static void Map(CliTerminal terminal, string title, IEnumerable<string> items) =>
        items.ToList().ForEach(item => Line(terminal, title, item));

    private static void Line(CliTerminal terminal, string title, string text)
    {
        const int TitleWidth = 13;
        foreach (var line in TextWrap.Lines(Printable.Line(title.PadRight(TitleWidth) + text), terminal.Width ?? int.MaxValue))
        {
            terminal.Out.WriteLine(line);
        }
    }

    private static Color? Colour(int column, string cell) => (column, cell) switch
    {
        (PassesColumn, "yes") => Color.Green,
        (PassesColumn, "no") => Color.Red,
        _ => null,
    };
}
