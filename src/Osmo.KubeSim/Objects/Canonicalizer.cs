using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Objects;

/// <summary>
/// Rewrites an object the way the API server stores it: fields in schema order, unknown fields dropped and reported,
/// empty optional fields left out. Canonical objects compare equal byte by byte, which is how no-op writes are found.
/// </summary>
internal sealed class Canonicalizer
{
    private readonly List<string> _unknownFields = [];

    /// <summary>Paths of fields that the API does not have, in the order they were met.</summary>
    public IReadOnlyList<string> UnknownFields => _unknownFields;

    /// <summary>The canonical form of <paramref name="value"/>; throws <see cref="SchemaTypeException"/> on a wrong type.</summary>
    public JsonObject Struct(JsonNode? value, FieldSchema schema, string path)
    {
        var source = value switch
        {
            null => [],
            JsonObject o => o,
            _ => throw Mismatch(value, schema.TypeName, path, "v1." + schema.TypeName),
        };
        foreach (var (name, _) in source)
        {
            if (schema.Find(name) is null)
            {
                _unknownFields.Add(Join(path, name));
            }
        }

        var result = new JsonObject();
        foreach (var (name, field) in schema.Fields)
        {
            source.TryGetPropertyValue(name, out var child);
            if (Value(child, field, schema.TypeName, Join(path, name)) is { } canonical)
            {
                result.Add(name, canonical);
            }
        }

        return result;
    }

    /// <summary>The canonical form of a list of structs; an empty list stays a list.</summary>
    public JsonArray List(JsonArray items, FieldSchema item) =>
        [.. items.Select(i => (JsonNode)Struct(i, item, ""))];

    private JsonNode? Value(JsonNode? value, FieldSchema field, string owner, string path)
    {
        switch (field.Kind)
        {
            case FieldKind.Struct:
                return Struct(value, field, path);
            case FieldKind.OptionalStruct:
                return value is null ? null : Struct(value, field, path);
            case FieldKind.List:
                return List(value, field, owner, path);
            case FieldKind.Map:
                return Map(value, field, owner, path);
            case FieldKind.Opaque:
                return value?.DeepClone();
            default:
                return Scalar(value, field, owner, path);
        }
    }

    private JsonArray? List(JsonNode? value, FieldSchema field, string owner, string path)
    {
        if (value is null)
        {
            return null;
        }

        if (value is not JsonArray items)
        {
            throw Mismatch(value, owner, path, "[]" + (field.Item!.TypeName.Length > 0 ? "v1." + field.Item.TypeName : "string"));
        }

        if (items.Count == 0)
        {
            return null;
        }

        var result = new JsonArray();
        for (var i = 0; i < items.Count; i++)
        {
            JsonNode item = field.Item!.Kind == FieldKind.Struct
                ? Struct(items[i], field.Item, $"{path}[{i}]")
                : Scalar(items[i], field.Item, owner, path) ?? JsonValue.Create("");
            result.Add(item);
        }

        return result;
    }

    private static JsonObject? Map(JsonNode? value, FieldSchema field, string owner, string path)
    {
        if (value is null)
        {
            return null;
        }

        if (value is not JsonObject source)
        {
            throw Mismatch(value, owner, path, "map[string]string");
        }

        if (source.Count == 0)
        {
            return null;
        }

        // Go writes maps with their keys sorted by bytes.
        var result = new JsonObject();
        foreach (var (key, item) in source.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            result.Add(key, Scalar(item, field.Item!, owner, path, keepEmpty: true));
        }

        return result;
    }

    private static JsonValue? Scalar(JsonNode? value, FieldSchema field, string owner, string path, bool keepEmpty = false)
    {
        var keep = keepEmpty || field.Required;
        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        switch (field.Kind)
        {
            case FieldKind.Quantity when kind == JsonValueKind.Number:
                return JsonValue.Create(value!.ToJsonString());
            case FieldKind.Text or FieldKind.Timestamp or FieldKind.Quantity:
                var text = kind switch
                {
                    JsonValueKind.Null => "",
                    JsonValueKind.String => value!.GetValue<string>(),
                    _ => throw Mismatch(value!, owner, path, "string"),
                };
                return text.Length > 0 || keep ? JsonValue.Create(text) : null;
            case FieldKind.Number:
                // An absent grace period is no number at all, a zero one is; only the kubelet port has a default.
                if (kind == JsonValueKind.Null)
                {
                    return field.Required && path.EndsWith(".Port", StringComparison.Ordinal) ? JsonValue.Create(0) : null;
                }

                if (kind != JsonValueKind.Number || !long.TryParse(value!.ToJsonString(), out var number))
                {
                    throw Mismatch(value!, owner, path, "int64");
                }

                return number != 0 || keep ? JsonValue.Create(number) : null;
            default:
                return kind switch
                {
                    JsonValueKind.True => JsonValue.Create(true),
                    JsonValueKind.False or JsonValueKind.Null => null,
                    _ => throw Mismatch(value!, owner, path, "bool"),
                };
        }
    }

    private static SchemaTypeException Mismatch(JsonNode value, string owner, string path, string goType)
    {
        var found = value.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        };
        return new SchemaTypeException($"json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {goType}");
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
