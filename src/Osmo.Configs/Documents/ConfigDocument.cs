using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Access.Roles;
using Osmo.Domain.Errors;

namespace Osmo.Configs.Documents;

/// <summary>
/// What the documents of the types have in common: an object of entries by name. That is how they are edited; <see cref="ToShown"/> has
/// them as clients know them: pools in a wrapper, roles as a list.
/// </summary>
public static class ConfigDocument
{
    /// <summary>Largest document of a type, as JSON in UTF-16 characters.</summary>
    public const int CharsMax = 4 * 1024 * 1024;

    /// <summary>Whether the entries of the type are things with names of their own, and not the fields of one thing.</summary>
    public static bool IsNamed(this ConfigType type) => type is not (ConfigType.Service or ConfigType.Workflow or ConfigType.Dataset);

    /// <summary>The document without anything in it, with its defaults.</summary>
    public static JsonObject Empty(ConfigType type) => Check(type, []);

    /// <summary>Checks a document.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="entries">The entries.</param>
    /// <returns>The document with what it leaves out filled in.</returns>
    /// <exception cref="OsmoException">Fields are wrong; all of them are named, and their values are not.</exception>
    public static JsonObject Check(ConfigType type, JsonObject entries)
    {
        // Numbers that a program put in are of other kinds than those that were read: after this they are all the same.
        entries = (JsonObject)JsonNode.Parse(entries.ToJsonString())!;
        if (type == ConfigType.Role)
        {
            return CheckRoles(entries);
        }

        var errors = new FieldErrors();
        var read = type == ConfigType.Pool
            ? PoolShape.Document.Read(new JsonObject { ["pools"] = entries.DeepClone() }, "", errors)!["pools"]
            : ShapeOf(type).Read(entries, "", errors);
        errors.ThrowIfAny();
        var document = (JsonObject)read!.DeepClone();
        if (type is ConfigType.Pool or ConfigType.BackendTest)
        {
            NameEntries(document, errors);
            errors.ThrowIfAny();
        }

        return document;
    }

    /// <summary>The document as clients know it.</summary>
    public static JsonNode ToShown(ConfigType type, JsonObject entries) => type switch
    {
        ConfigType.Pool => new JsonObject { ["pools"] = entries.DeepClone() },
        ConfigType.Role => new JsonArray(
            [.. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value?.DeepClone())]),
        _ => entries.DeepClone(),
    };

    /// <summary>Reads entries as clients send them: what <see cref="ToShown"/> makes, or the entries by name.</summary>
    /// <exception cref="OsmoException">It is neither.</exception>
    public static JsonObject FromShown(ConfigType type, JsonNode? shown) => (type, shown) switch
    {
        (ConfigType.Pool, JsonObject { Count: 1 } wrapper) when wrapper["pools"] is JsonObject pools && !pools.ContainsKey("backend") =>
            pools,
        (ConfigType.Role, JsonArray list) => ByName(list),
        (_, JsonObject entries) => entries,
        _ => throw OsmoException.InvalidFields([new FieldError("configs", "must be an object.")]),
    };

    private static Shape ShapeOf(ConfigType type) => type switch
    {
        ConfigType.BackendTest => TemplateShapes.Tests,
        ConfigType.Dataset => ServiceShape.Dataset,
        ConfigType.GroupTemplate => TemplateShapes.GroupTemplates,
        ConfigType.PodTemplate => TemplateShapes.PodTemplates,
        ConfigType.ResourceValidation => TemplateShapes.Validations,
        ConfigType.Service => ServiceShape.Document,
        ConfigType.Workflow => WorkflowShape.Document,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type has no document."),
    };

    /// <summary>An entry that says its name says the one that it has.</summary>
    private static void NameEntries(JsonObject document, FieldErrors errors)
    {
        foreach (var (name, entry) in document)
        {
            if ((string?)entry!["name"] is { Length: > 0 } given && given != name)
            {
                errors.Add($"{name}.name", "is another name than that of the entry. Leave it out, or rename the entry.");
            }

            entry["name"] = name;
        }
    }

    private static JsonObject ByName(JsonArray list)
    {
        var entries = new JsonObject();
        foreach (var item in list)
        {
            if (item is not JsonObject || (item["name"] as JsonValue)?.GetValueKind() != JsonValueKind.String)
            {
                throw OsmoException.InvalidFields([new FieldError("configs", "must be a list of objects with a name.")]);
            }

            if (!entries.TryAdd(item["name"]!.GetValue<string>(), item.DeepClone()))
            {
                throw OsmoException.InvalidFields([new FieldError("configs", "has two entries with the same name.")]);
            }
        }

        return entries;
    }

    private static JsonObject CheckRoles(JsonObject entries)
    {
        var read = new JsonObject();
        foreach (var (name, entry) in entries)
        {
            using var json = JsonDocument.Parse(entry?.ToJsonString() ?? "null");
            var role = RoleJson.Read(json.RootElement, name);
            if (role.Name != name)
            {
                throw OsmoException.InvalidFields([new FieldError($"{name}.name", "is another name than that of the entry.")]);
            }

            read[name] = Write(role);
        }

        return read;
    }

    /// <summary>Whether a preassigned role still has all that it allows by default.</summary>
    internal static bool IsComplete(JsonNode entry)
    {
        using var json = JsonDocument.Parse(entry.ToJsonString());
        IReadOnlyList<Role> roles = [RoleJson.Read(json.RootElement)];
        return PreassignedRoles.Complete(roles).First(role => role.Name == roles[0].Name).Equals(roles[0]);
    }

    /// <summary>A role as an entry.</summary>
    internal static JsonNode Write(Role role)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            RoleJson.Write(writer, role, asTexts: true);
        }

        return JsonNode.Parse(stream.ToArray())!;
    }
}
