using System.Text.Json;
using Osmo.Cli.Terminal;
using Osmo.Grains.Availability;

namespace Osmo.Cli.Input;

/// <summary>Reads the rules from a backend's configuration: the whole document, or only its <c>node_conditions</c>.</summary>
internal static class BackendConfigFile
{
    private const string Section = "node_conditions";
    private const string Additional = "additional_node_conditions";
    private const string Ignore = "ignore_node_conditions";
    private const string Prefix = "prefix";

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
        Require(root, JsonValueKind.Object, name, "the configuration");
        if (!root.TryGetProperty(Section, out var section))
        {
            throw new CliError(
                $"{name}: there is no \"{Section}\". Pass one backend's configuration, or {{\"{Section}\": {{\"{Additional}\": [...]}}}}; "
                + "leave --config out to use the default rules.");
        }

        if (section.ValueKind == JsonValueKind.Null)
        {
            return NodeConditionRules.Default;
        }

        Require(section, JsonValueKind.Object, name, Section);
        foreach (var field in section.EnumerateObject())
        {
            if (field.Name is not (Additional or Ignore or Prefix))
            {
                throw new CliError(
                    $"{name}: {Section}.{field.Name}: no such field. The fields are {Additional}, {Ignore} and {Prefix}.");
            }
        }

        CheckPrefix(section, name);
        var additional = Strings(section, Additional, name);
        return NodeConditionRules.TryCreate(additional, Strings(section, Ignore, name), out var rules, out var errors)
            ? rules
            : throw new CliError($"{name}: {string.Join($"\n{name}: ", errors.Select(error => error.Message))}");
    }

    private static void CheckPrefix(JsonElement section, string name)
    {
        if (!section.TryGetProperty(Prefix, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        Require(value, JsonValueKind.String, name, $"{Section}.{Prefix}");
        if (!NodeConditionPrefix.TryCreate(value.GetString(), out _, out var error))
        {
            throw new CliError($"{name}: {Section}.{Prefix}: {error}");
        }
    }

    private static List<string> Strings(JsonElement section, string field, string name)
    {
        var entries = new List<string>();
        if (!section.TryGetProperty(field, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return entries;
        }

        Require(list, JsonValueKind.Array, name, $"{Section}.{field}");
        foreach (var entry in list.EnumerateArray())
        {
            Require(entry, JsonValueKind.String, name, $"{Section}.{field}[{entries.Count}]");
            entries.Add(entry.GetString()!);
        }

        return entries;
    }

    private static void Require(JsonElement value, JsonValueKind kind, string name, string path)
    {
        if (value.ValueKind != kind)
        {
            throw new CliError($"{name}: {path} must be {Describe(kind)}, found {Describe(value.ValueKind)}.");
        }
    }

    private static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list of strings",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
