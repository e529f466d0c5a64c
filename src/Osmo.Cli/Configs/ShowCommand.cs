using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config show</c>: a configuration, or a part of it, now or at a revision.</summary>
internal static class ShowCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var type = ConfigType.Argument("TYPE[:REVISION]");
        var names = new Argument<string[]>("NAME")
        {
            Description = "A part: the name of a backend, say, then a field of it.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var output = new OutputOption(OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Table, OutputFormat.Name);
        var command = new DocumentedCommand("show", "Show a configuration.", """
            Secrets show as **********. Without -o the output is JSON, and where there is nothing, an empty table.

            Examples:
              osmo config show BACKEND
              osmo config show BACKEND dgx-west node_conditions
              osmo config show BACKEND:12 dgx-west -o yaml
            """)
        {
            type, names,
        };
        output.AddTo(command);
        gateway.Backends.Offer(names.CompletionSources, parsed => ConfigType.IsBackend(parsed, type));
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var reference = ConfigReference.Parse(parsed.GetRequiredValue(type));
            using var client = gateway.Connect(parsed, terminal);
            var document = await ReadAsync(new ConfigApi(client), reference, parsed.GetValue(names) ?? [], cancellationToken);
            var format = output.IsGiven(parsed) ? output.Of(parsed) : IsEmpty(document) ? OutputFormat.Table : OutputFormat.Json;
            Show(document, reference.Type, format, terminal);
        });
        return command;
    }

    private static async Task<JsonNode?> ReadAsync(
        ConfigApi api, ConfigReference reference, string[] names, CancellationToken cancellationToken)
    {
        var (where, rest) = (reference.Type.Name, names);
        JsonNode? document;
        if (reference.Revision is { } revision)
        {
            document = await api.ReadRevisionAsync(reference.Type, revision, cancellationToken);
        }
        else
        {
            document = (await api.ReadAsync(reference.Type, names.FirstOrDefault(), cancellationToken)).Document;
            (where, rest) = names.Length > 0 ? ($"{where} {names[0]}", names[1..]) : (where, rest);
        }

        foreach (var name in rest)
        {
            document = DocumentIndex.Step(document, name, where);
            where += $" {name}";
        }

        return document;
    }

    private static bool IsEmpty(JsonNode? document) => document is JsonArray { Count: 0 } or JsonObject { Count: 0 };

    private static void Show(JsonNode? document, ConfigType type, OutputFormat format, CliTerminal terminal)
    {
        var shape = DocumentIndex.Shape(document);
        switch (format)
        {
            case OutputFormat.Table:
                var rows = shape is JsonObject fields
                    ? fields.Select(field => new[] { field.Key, Value(field.Value) })
                    : shape is JsonArray items ? items.Select((item, i) => new[] { $"{i}", Value(item) }) : [["", Value(shape)]];
                GuideTable.Write(["Key", "Value"], rows, terminal);
                break;
            case OutputFormat.Name:
                DocumentIndex.Keys(shape).ToList().ForEach(key => terminal.Out.WriteLine($"{type.Route}/{Printable.Line(key)}"));
                break;
            default:
                DocumentWriter.Write(document, format, terminal.Out);
                break;
        }
    }

    private static string Value(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text)
        ? text
        : DocumentWriter.Line(node);
}
