using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain;
using Osmo.Domain.Errors;

namespace Osmo.Configs.Documents;

/// <summary>
/// OSMO's merge patch. Objects merge; <c>{"$action": "delete"}</c> removes a key; the objects of a list of objects are appended, or, with
/// <c>$index</c>, merged into, put in the place of, or removed from that position; everything else replaces.
/// </summary>
public static class StrategicMerge
{
    private const string Action = "$action";
    private const string Index = "$index";
    private const string Delete = "delete";
    private const string Replace = "replace";

    /// <summary>Applies a patch to a document; neither is changed.</summary>
    /// <exception cref="OsmoException">A <c>$index</c> of the patch is no position.</exception>
    public static JsonObject Apply(JsonObject document, JsonObject patch) => Merge(document, patch, "");

    private static JsonObject Merge(JsonObject document, JsonObject patch, string path)
    {
        var merged = (JsonObject)document.DeepClone();
        foreach (var (key, value) in patch)
        {
            if (key is Action or Index)
            {
                continue;
            }

            if (!document.TryGetPropertyValue(key, out var before))
            {
                merged[key] = value?.DeepClone();
            }
            else if (value is JsonObject removal && ActionOf(removal) == Delete)
            {
                merged.Remove(key);
            }
            else
            {
                merged[key] = Merge(before, value, path.Length == 0 ? key : $"{path}.{key}");
            }
        }

        return merged;
    }

    private static JsonNode? Merge(JsonNode? before, JsonNode? value, string path) => (before, value) switch
    {
        (JsonObject document, JsonObject patch) => Merge(document, patch, path),
        (JsonArray list, JsonArray items) when items.All(item => item is JsonObject) && list.All(item => item is JsonObject) =>
            MergeList(list, items, path),
        (_, JsonObject patch) => Merge([], patch, path),
        _ => value?.DeepClone(),
    };

    /// <summary>Positions are those of the list before the patch, whatever else of it is removed.</summary>
    private static JsonArray MergeList(JsonArray list, JsonArray items, string path)
    {
        var slots = list.Select(item => (JsonObject?)item!.DeepClone()).ToList();
        var appended = new List<JsonObject>();
        foreach (var item in items.Cast<JsonObject>())
        {
            if (!item.TryGetPropertyValue(Index, out var position))
            {
                appended.Add(WithoutMarks(item));
                continue;
            }

            if (position?.GetValueKind() != JsonValueKind.Number || !WholeNumber.TryParse(position.ToJsonString(), out var at) || at < 0)
            {
                throw OsmoException.InvalidFields([new FieldError(path, "has a $index that is no position: use 0 or more.")]);
            }

            if (at >= slots.Count)
            {
                // OSMO's rule: there is nothing to remove, and whatever else is asked of a position behind the end goes there.
                appended.AddRange(ActionOf(item) == Delete ? [] : [WithoutMarks(item)]);
                continue;
            }

            slots[(int)at] = ActionOf(item) switch
            {
                Delete => null,
                Replace => WithoutMarks(item),
                _ => Merge(slots[(int)at] ?? [], item, $"{path}[{at}]"),
            };
        }

        return new JsonArray([.. slots.OfType<JsonObject>(), .. appended]);
    }

    private static string? ActionOf(JsonObject patch) =>
        patch.TryGetPropertyValue(Action, out var action) && action?.GetValueKind() == JsonValueKind.String
            ? action.GetValue<string>()
            : null;

    private static JsonObject WithoutMarks(JsonObject item)
    {
        var plain = (JsonObject)item.DeepClone();
        plain.Remove(Action);
        plain.Remove(Index);
        return plain;
    }
}
