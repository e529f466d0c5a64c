using System.Text.Json;
using Osmo.Cli.Terminal;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;

namespace Osmo.Cli.Input;

/// <summary>Reads the rules from a backend's configuration: the whole document, or only its <c>node_conditions</c>.</summary>
internal static class BackendConfigFile
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static NodeConditionRules Read(string path, CliTerminal terminal)
    {
        var name = InputDocument.NameOf(path);
        try
        {
            using var document = JsonDocument.Parse(InputDocument.ReadJson(path, terminal), Strict);
            return Parse(document.RootElement, name);
        }
        catch (JsonException error)
        {
            throw JsonText.NotJson(name, error);
        }
        catch (InvalidOperationException)
        {
            throw JsonText.NotUnicode(name);
        }
    }

    private static NodeConditionRules Parse(JsonElement root, string name)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CliError($"{name}: the configuration must be an object.");
        }

        if (!root.TryGetProperty(NodeConditionsReader.Field, out var section))
        {
            throw new CliError(
                $"{name}: there is no \"{NodeConditionsReader.Field}\". Pass one backend's configuration, or "
                + $"{{\"{NodeConditionsReader.Field}\": {{...}}}}; leave --config out to use the default rules.");
        }

        try
        {
            return section.ValueKind == JsonValueKind.Null ? NodeConditionRules.Default : NodeConditionsReader.Read(section);
        }
        catch (OsmoException error) when (error.Fields.Length > 0)
        {
            throw new CliError(string.Join('\n', error.Fields.Select(field => $"{name}: {field.Field}: {field.Message}")));
        }
    }
}
