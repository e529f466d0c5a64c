using System.Globalization;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Configs;

/// <summary>Finds a part of a configuration by names: a key of an object, the name or the position of an item of a list.</summary>
internal static class DocumentIndex
{
    private const string NameKey = "name";

    /// <summary>What names refer to: items by their name, and the pools and buckets rather than what they are wrapped in.</summary>
    public static JsonNode? Shape(JsonNode? document) => document switch
    {
        JsonArray { Count: > 0 } items when items.All(item => item is JsonObject part && part.ContainsKey(NameKey)) =>
            new JsonObject(items.Select(item => KeyValuePair.Create(item![NameKey]!.ToString(), (JsonNode?)item.DeepClone()))
                .DistinctBy(item => item.Key)),
        JsonObject fields when fields["pools"] is JsonObject pools => pools,
        JsonObject fields when fields["buckets"] is JsonObject buckets => buckets,
        _ => document,
    };

    /// <summary>The parts of a type by their names.</summary>
    public static JsonObject Entries(JsonNode? document) => Shape(document) as JsonObject ?? [];

    public static IEnumerable<string> Keys(JsonNode? node) => node is JsonObject fields ? fields.Select(field => field.Key) : [];

    /// <summary>The part of a configuration that a name refers to.</summary>
    /// <exception cref="CliError">There is none.</exception>
    public static JsonNode? Step(JsonNode? document, string name, string where)
    {
        var shape = Shape(document);
        if (shape is JsonObject fields && fields.TryGetPropertyValue(name, out var value))
        {
            return value?.DeepClone();
        }

        if (shape is JsonArray items && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < items.Count)
        {
            return items[i]?.DeepClone();
        }

        throw new CliError($"Config name \"{name}\" not found in {where}{Suggestion.For(name, Keys(shape))}");
    }
}
