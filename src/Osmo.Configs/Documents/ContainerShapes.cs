using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Osmo.Configs.Documents;

/// <summary>A list of one kind of items.</summary>
internal sealed class ListShape(Shape item, int itemsMin = 0, int itemsMax = 1_000) : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value is not JsonArray list)
        {
            errors.WrongKind(path, value, "a list");
            return value?.DeepClone();
        }

        if (list.Count < itemsMin || list.Count > itemsMax)
        {
            errors.Add(path, $"has {list.Count} items; it takes from {itemsMin} to {itemsMax}.");
            return list.DeepClone();
        }

        return new JsonArray([.. list.Select((entry, i) => item.Read(entry, $"{path}[{i}]", errors))]);
    }
}

/// <summary>Values by names that people choose.</summary>
internal sealed partial class MapShape(Shape item, bool anyName = false, int entriesMax = 5_000) : Shape
{
    private const int NameCharsMax = 253;

    public static string NameRule =>
        $"must begin with a letter, end with a letter or digit, and have letters, digits, _ . and - between, at most {NameCharsMax}.";

    public static bool IsName(string name) => name.Length <= NameCharsMax && Name().IsMatch(name);

    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value is not JsonObject map)
        {
            errors.WrongKind(path, value, "an object");
            return value?.DeepClone();
        }

        if (map.Count > entriesMax)
        {
            errors.Add(path, $"has {map.Count} entries, at most {entriesMax} are allowed.");
            return map.DeepClone();
        }

        var read = new JsonObject();
        foreach (var (name, entry) in map)
        {
            var at = FieldErrors.Join(path, name);
            if (!anyName && !IsName(name))
            {
                errors.Add(at, $"is no usable name: it {NameRule}");
            }

            read[name] = item.Read(entry, at, errors);
        }

        return read;
    }

    [GeneratedRegex(@"^[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?\z")]
    private static partial Regex Name();
}

/// <summary>A field of an <see cref="ObjectShape"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">What it has to look like.</param>
/// <param name="Default">Its value where it is left out, as JSON; null where it must not be.</param>
/// <param name="Alias">Another name that is taken for it; null for none.</param>
internal sealed record Field(string Name, Shape Shape, string? Default, string? Alias = null);

/// <summary>An object with known fields.</summary>
/// <param name="fields">The fields.</param>
/// <param name="ignored">Fields that the server itself works out: they may be sent back, and are left out.</param>
internal sealed class ObjectShape(Field[] fields, params string[] ignored) : Shape
{
    private readonly string[] _known = [.. fields.Select(field => field.Name)];

    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value is not JsonObject given)
        {
            errors.WrongKind(path, value, "an object");
            return value?.DeepClone();
        }

        foreach (var (name, _) in given)
        {
            if (!_known.Contains(name) && !ignored.Contains(name) && !fields.Any(field => field.Alias == name))
            {
                errors.Unknown(FieldErrors.Join(path, name), name, _known);
            }
        }

        var read = new JsonObject();
        foreach (var field in fields)
        {
            var at = FieldErrors.Join(path, field.Name);
            if (given.TryGetPropertyValue(field.Name, out var entry)
                || (field.Alias is { } alias && given.TryGetPropertyValue(alias, out entry)))
            {
                read[field.Name] = field.Shape.Read(entry, at, errors);
            }
            else if (field.Default is { } json)
            {
                read[field.Name] = field.Shape.Read(JsonNode.Parse(json), at, errors);
            }
            else
            {
                errors.Add(at, "is missing.");
            }
        }

        return read;
    }
}
