using System.Text.Json.Nodes;

namespace Osmo.Cli.Configs;

/// <summary>
/// What a request has to carry so that a configuration becomes the wanted one. Keys that the wanted document does not have are left
/// alone, because a file that names only what it wants to change is the usual case.
/// </summary>
internal static class DocumentDifference
{
    /// <summary>The request's content; null where there is nothing to change.</summary>
    public static JsonNode? Of(ChangeStyle style, JsonNode? current, JsonNode wanted) => style switch
    {
        ChangeStyle.Merge => Merge(current, wanted),
        ChangeStyle.TopLevelFields => TopLevel(current, wanted),
        _ => JsonNode.DeepEquals(current, wanted) ? null : wanted.DeepClone(),
    };

    /// <summary>The fields of a request that make one document of the other; null where there is nothing to change.</summary>
    public static JsonObject? Fields(JsonNode? current, JsonNode wanted, JsonObject result)
    {
        var before = current as JsonObject ?? [];
        var change = new JsonObject((wanted as JsonObject ?? [])
            .Where(field => !JsonNode.DeepEquals(before[field.Key], result[field.Key]))
            .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        return change.Count > 0 ? change : null;
    }

    /// <summary>A document with the fields of another one in the place of its own.</summary>
    public static JsonObject Overlaid(JsonObject document, JsonObject fields) => Overlay(document, fields, deep: false);

    /// <summary>The configuration after the change, as far as this side can tell.</summary>
    public static JsonNode? Result(ChangeStyle style, JsonNode? current, JsonNode? change) => (style, current, change) switch
    {
        (ChangeStyle.Merge, JsonObject before, JsonObject fields) => Overlay(before, fields, deep: true),
        (ChangeStyle.TopLevelFields, JsonObject before, JsonObject fields) => Overlay(before, fields, deep: false),
        _ => change?.DeepClone(),
    };

    private static JsonNode? Merge(JsonNode? current, JsonNode? wanted)
    {
        if (current is not JsonObject before || wanted is not JsonObject after)
        {
            return JsonNode.DeepEquals(current, wanted) ? null : wanted?.DeepClone();
        }

        var change = new JsonObject();
        foreach (var (name, value) in after)
        {
            if (!before.TryGetPropertyValue(name, out var known))
            {
                change[name] = value?.DeepClone();
            }
            else if (!JsonNode.DeepEquals(known, value))
            {
                change[name] = Merge(known, value);
            }
        }

        return change.Count > 0 ? change : null;
    }

    private static JsonObject? TopLevel(JsonNode? current, JsonNode wanted)
    {
        var before = current as JsonObject ?? [];
        var change = new JsonObject();
        foreach (var (name, value) in wanted as JsonObject ?? [])
        {
            if (!before.TryGetPropertyValue(name, out var known) || !JsonNode.DeepEquals(known, value))
            {
                change[name] = value?.DeepClone();
            }
        }

        return change.Count > 0 ? change : null;
    }

    private static JsonObject Overlay(JsonObject before, JsonObject change, bool deep)
    {
        var result = (JsonObject)before.DeepClone();
        foreach (var (name, value) in change)
        {
            result[name] = deep && result[name] is JsonObject inner && value is JsonObject part
                ? Overlay(inner, part, deep)
                : value?.DeepClone();
        }

        return result;
    }
}
