using System.CommandLine;
using Osmo.Cli.Help;
using Osmo.Cli.Input;
using Osmo.Cli.Terminal;
using Osmo.Domain.Availability;

namespace Osmo.Cli.Evaluate;

/// <summary><c>osmo evaluate</c>: judges nodes offline, by the rules of a backend's configuration.</summary>
internal static class EvaluateCommand
{
    // Values of --output, named as kubectl names them.
    private const string Table = "table";
    private const string Wide = "wide";
    private const string Json = "json";
    private const string Name = "name";

    private const string Summary = "Say which nodes may be scheduled on, and why the others may not. Needs no server.";

    private const string Details = """
        FILE is what kubectl or the API server wrote, as JSON or YAML: a list of nodes, single nodes, or watch events.

        Rules: a condition that matches ignore_node_conditions is skipped; Ready and whatever matches
        additional_node_conditions must be True; every other condition must be False; a cordoned node is unavailable.
        Where the configuration has rules instead of these lists: of the rules whose pattern matches a condition's type one must
        allow its status; a condition that none matches has no say, but Ready must be True.

        What the configuration names and no node reports is pointed out on the standard error.

        Examples:
          kubectl get nodes -o json | osmo evaluate
          kubectl get nodes -o json | osmo evaluate --config backend.json
          osmo evaluate nodes.json --config backend.json -o json

        backend.json, the whole configuration of a backend or only this part of it:
          {"node_conditions": {"additional_node_conditions": ["GpuHealthy"], "ignore_node_conditions": ["SomeTransient*"]}}
          {"node_conditions": {"rules": {"Ready": "True", "Gpu.*": "True", ".*Pressure": "False|Unknown"}}}
        """;

    public static Command Create(CliTerminal terminal)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "The nodes; - or nothing for the standard input.",
            DefaultValueFactory = _ => InputDocument.StandardInput,
        };
        var config = new Option<string?>("--config", "-c")
        {
            Description = "The backend's configuration (JSON or YAML). Without it the default rules hold.",
            HelpName = "FILE",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "table, wide (adds counts and notes), json, or name.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => Table,
        };
        output.Only([Table, Wide, Json, Name]);

        var command = new DocumentedCommand("evaluate", Summary, Details, isLocal: true) { file, config, output };
        command.SetAction(parsed =>
            Run(parsed.GetRequiredValue(file), parsed.GetValue(config), parsed.GetRequiredValue(output), terminal));
        return command;
    }

    private static int Run(string file, string? config, string output, CliTerminal terminal)
    {
        if (file == InputDocument.StandardInput && config == InputDocument.StandardInput)
        {
            throw new CliError("Nodes and configuration cannot both come from the standard input. Put one into a file.", ExitCode.Usage);
        }

        if (file == InputDocument.StandardInput && terminal.InputIsTerminal)
        {
            throw new CliError(
                "There are no nodes to evaluate: name a file, or pipe them in, for example\n"
                + "  kubectl get nodes -o json | osmo evaluate",
                ExitCode.Usage);
        }

        // The configuration first: it is small, and a mistake in it should not wait for a long input.
        var rules = config is null ? NodeConditionRules.Default : BackendConfigFile.Read(config, terminal);
        var input = NodeInput.Read(file, terminal);
        var nodes = EvaluatedNode.Judge(input, rules);
        if (config is not null)
        {
            EvaluationNotes.Write(InputDocument.NameOf(config), rules, input, terminal.Error);
        }

        switch (output)
        {
            case Json:
                EvaluationJson.Write(nodes, terminal.Out);
                break;
            case Name:
                EvaluationTable.WriteNames(nodes, terminal.Out);
                break;
            default:
                EvaluationTable.Write(nodes, output == Wide, terminal);
                break;
        }

        return ExitCode.Done;
    }
}
