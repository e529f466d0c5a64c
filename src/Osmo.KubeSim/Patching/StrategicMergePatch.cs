using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Patching;

/// <summary>
/// Kubernetes' strategic merge patch: like a merge patch, but lists that have a patch merge key are merged item by item.
/// Knows the directives $patch (merge, replace, delete), $setElementOrder, $deleteFromPrimitiveList and $retainKeys.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string OrderPrefix = "$setElementOrder/";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";

    /// <summary>Applies <paramref name="patch"/> in place; throws <see cref="FormatException"/> for a malformed directive.</summary>
    public static void Apply(JsonObject target, JsonObject patch, FieldSchema? schema)
    {
        switch (Json.Text(patch, Directive))
        {
            case "replace":
                target.Clear();
                break;
            case "delete":
                target.Clear();
                return;
            case null or "merge":
                break;
            case var other:
                throw new FormatException($"Unknown patch type found: {other}");
        }

        foreach (var (name, value) in patch)
        {
            if (name == Directive)
            {
                continue;
            }

            if (name.StartsWith('$'))
            {
                ApplyListDirective(target, name, value);
                continue;
            }

            Set(target, name, value, schema?.Find(name));
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal) && value is JsonArray order)
            {
                Reorder(target, name[OrderPrefix.Length..], order, schema);
            }
        }
    }

    private static void Set(JsonObject target, string name, JsonNode? value, FieldSchema? schema)
    {
        switch (value)
        {
            case null:
                target.Remove(name);
                break;
            case JsonObject child:
                if (target[name] is not JsonObject existing)
                {
                    existing = [];
                    target[name] = existing;
                }

                Apply(existing, child, schema?.Kind == FieldKind.Map ? null : schema);
                break;
            case JsonArray items when schema?.MergeKey is { } key && target[name] is JsonArray list:
                MergeList(list, items, key, schema.Item!);
                break;
            case JsonArray items:
                target[name] = WithoutDirectives(items);
                break;
            default:
                target[name] = value.DeepClone();
                break;
        }
    }

    private static void MergeList(JsonArray list, JsonArray patch, string key, FieldSchema item)
    {
        if (patch.OfType<JsonObject>().Any(o => o.Count == 1 && Json.Text(o, Directive) == "replace"))
        {
            list.Clear();
        }

        foreach (var entry in patch)
        {
            if (key.Length == 0)
            {
                if (entry is not null && !list.Any(i => JsonNode.DeepEquals(i, entry)))
                {
                    list.Add(entry.DeepClone());
                }

                continue;
            }

            if (entry is not JsonObject change)
            {
                throw new FormatException($"expected an object in a list merged by {key}");
            }

            if (change.Count == 1 && change.ContainsKey(Directive))
            {
                continue;
            }

            MergeItem(list, change, key, item);
        }
    }

    private static void MergeItem(JsonArray list, JsonObject change, string key, FieldSchema item)
    {
        var id = change[key] ?? throw new FormatException($"map: {Json.ToText(change)} does not contain declared merge key: {key}");
        var existing = list.OfType<JsonObject>().FirstOrDefault(o => JsonNode.DeepEquals(o[key], id));
        if (Json.Text(change, Directive) == "delete")
        {
            if (existing is not null)
            {
                list.Remove(existing);
            }

            return;
        }

        if (existing is null)
        {
            existing = [];
            list.Add(existing);
        }

        Apply(existing, change, item);
    }

    private static void ApplyListDirective(JsonObject target, string name, JsonNode? value)
    {
        if (name.StartsWith(OrderPrefix, StringComparison.Ordinal))
        {
            return;
        }

        if (name.StartsWith(DeletePrefix, StringComparison.Ordinal) && value is JsonArray gone)
        {
            if (target[name[DeletePrefix.Length..]] is JsonArray list)
            {
                foreach (var item in list.Where(i => gone.Any(g => JsonNode.DeepEquals(g, i))).ToList())
                {
                    list.Remove(item);
                }
            }

            return;
        }

        if (name == "$retainKeys" && value is JsonArray keep)
        {
            var kept = keep.Select(k => k?.GetValue<string>()).ToHashSet();
            foreach (var (key, _) in target.ToList())
            {
                if (!kept.Contains(key))
                {
                    target.Remove(key);
                }
            }

            return;
        }

        throw new FormatException($"unknown directive {name}");
    }

    private static void Reorder(JsonObject target, string name, JsonArray order, FieldSchema? schema)
    {
        if (target[name] is not JsonArray list || schema?.Find(name)?.MergeKey is not { } key)
        {
            return;
        }

        int Rank(JsonNode? item)
        {
            for (var i = 0; i < order.Count; i++)
            {
                var wanted = order[i];
                if (key.Length == 0 ? JsonNode.DeepEquals(wanted, item) : JsonNode.DeepEquals(wanted?[key], item?[key]))
                {
                    return i;
                }
            }

            return int.MaxValue;
        }

        var sorted = list.OrderBy(Rank).ToList();
        list.Clear();
        foreach (var item in sorted)
        {
            list.Add(item);
        }
    }

    private static JsonArray WithoutDirectives(JsonArray items)
    {
        var result = new JsonArray();
        foreach (var item in items)
        {
            if (item is JsonObject o && o.ContainsKey(Directive))
            {
                continue;
            }

            result.Add(item?.DeepClone());
        }

        return result;
    }
}
