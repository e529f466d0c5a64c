using System.Text.Json.Nodes;

namespace Osmo.Configs.Documents;

/// <summary>An object that has some fields for certain, and any others: a Kubernetes object.</summary>
/// <param name="fields">The fields that it must have.</param>
/// <param name="forbidden">Fields that it must not have.</param>
internal sealed class ObjectWithShape(Field[] fields, params string[] forbidden) : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value is not JsonObject given)
        {
            errors.WrongKind(path, value, "an object");
            return value?.DeepClone();
        }

        foreach (var name in forbidden.Where(given.ContainsKey))
        {
            errors.Add(FieldErrors.Join(path, name), "must not be set: the server decides about it.");
        }

        var read = (JsonObject)given.DeepClone();
        foreach (var field in fields)
        {
            var at = FieldErrors.Join(path, field.Name);
            if (given.TryGetPropertyValue(field.Name, out var entry))
            {
                read[field.Name] = field.Shape.Read(entry, at, errors);
            }
            else
            {
                errors.Add(at, "is missing.");
            }
        }

        return read;
    }
}
