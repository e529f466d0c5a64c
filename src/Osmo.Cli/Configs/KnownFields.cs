using System.Text.Json.Nodes;

namespace Osmo.Cli.Configs;

/// <summary>
/// Finds keys that a backend's configuration does not have. The gateway's own document is the measure, so that a newer gateway's
/// fields are known too; of the other types parts are free, and the gateway judges them alone.
/// </summary>
internal static class KnownFields
{
    /// <exception cref="CliError">Keys are unknown; the message names each with its place and the nearest known one.</exception>
    public static void Check(ConfigType type, JsonNode? live, JsonObject wanted, Func<string, string> locate)
    {
        var problems = new List<string>();
        if (type == ConfigType.Backend && live is JsonObject known)
        {
            Compare(WithBothForms(known), wanted, "", problems, locate);
        }

        if (problems.Count > 0)
        {
            throw new CliError(string.Join('\n', problems));
        }
    }

    /// <summary>
    /// Nodes are judged by two lists or by rules, and a document may change the one to the other. The rules' keys are free.
    /// </summary>
    private static JsonObject WithBothForms(JsonObject live)
    {
        var known = (JsonObject)live.DeepClone();
        if (known["node_conditions"] is JsonObject conditions)
        {
            conditions["additional_node_conditions"] ??= new JsonArray();
            conditions["ignore_node_conditions"] ??= new JsonArray();
            conditions["rules"] = new JsonObject();
        }

        return known;
    }

    private static void Compare(JsonObject known, JsonObject wanted, string path, List<string> problems, Func<string, string> locate)
    {
        foreach (var (name, value) in wanted)
        {
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (!known.TryGetPropertyValue(name, out var model))
            {
                var keys = known.Select(item => item.Key).ToArray();
                var near = Suggestion.For(name, keys);
                var list = near == "." ? $" The fields here are {string.Join(", ", keys)}." : "";
                problems.Add($"{locate(field)}: {field} is not a known field{near}{list}");
            }
            else if (model is JsonObject { Count: > 0 } inner && value is JsonObject part)
            {
                Compare(inner, part, field, problems, locate);
            }
        }
    }
}
