using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;
using Osmo.Domain.Errors;

namespace Osmo.Access.Roles;

/// <summary>Roles as JSON: <c>{"name", "description", "policies": [{"actions": [...]}], "immutable"}</c>.</summary>
public static partial class RoleJson
{
    private const int NameCharsMax = 128;
    private const int DescriptionCharsMax = 4_096;
    private const int PoliciesMax = 64;
    private const int ActionsMax = 256;
    private const int ResourcesMax = 64;

    /// <summary>
    /// Reads a role; actions are texts (<c>http:PATH:METHOD</c>) or objects with base, path and method, and end up sorted.
    /// </summary>
    /// <param name="json">The role.</param>
    /// <param name="at">Where it stands in the document, such as <c>configs[2]</c>; empty at the top.</param>
    /// <exception cref="OsmoException">Fields are missing or wrong; all of them are named.</exception>
    public static Role Read(JsonElement json, string at = "")
    {
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        var prefix = at.Length == 0 ? "" : $"{at}.";
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw OsmoException.InvalidFields([new FieldError(at.Length == 0 ? "role" : at, "must be an object with name and policies.")]);
        }

        var name = Text(json, "name", NameCharsMax, prefix, errors);
        if (name is null || !NameShape().IsMatch(name))
        {
            errors.Add(new FieldError($"{prefix}name", "must begin with a letter and go on with letters, digits, dots, _ and -."));
        }

        var description = Text(json, "description", DescriptionCharsMax, prefix, errors) ?? "";
        var policies = ImmutableArray.CreateBuilder<RolePolicy>();
        foreach (var (policy, i) in Items(json, "policies", PoliciesMax, prefix, errors))
        {
            policies.Add(new RolePolicy(ReadActions(policy, $"{prefix}policies[{i}].", errors)));
        }

        var isImmutable = json.TryGetProperty("immutable", out var immutable) && immutable.ValueKind == JsonValueKind.True;
        return errors.Count == 0
            ? new Role(name!, description, policies.ToImmutable(), isImmutable)
            : throw OsmoException.InvalidFields(errors.ToImmutable());
    }

    /// <summary>Writes a role.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="role">The role.</param>
    /// <param name="asTexts">Whether actions are texts, as in the history, and not objects.</param>
    public static void Write(Utf8JsonWriter writer, Role role, bool asTexts)
    {
        writer.WriteStartObject();
        writer.WriteString("name", role.Name);
        writer.WriteString("description", role.Description);
        writer.WriteStartArray("policies");
        foreach (var policy in role.Policies)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("actions");
            foreach (var action in policy.Actions)
            {
                WriteAction(writer, action, asTexts);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("immutable", role.IsImmutable);
        writer.WriteEndObject();
    }

    private static void WriteAction(Utf8JsonWriter writer, RoleAction action, bool asText)
    {
        if (asText)
        {
            writer.WriteStringValue(action.ToString());
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("base", RoleAction.Base);
        writer.WriteString("path", action.Path);
        writer.WriteString("method", action.Method);
        writer.WriteEndObject();
    }

    private static ImmutableArray<RoleAction> ReadActions(
        JsonElement policy, string prefix, ImmutableArray<FieldError>.Builder errors)
    {
        if (policy.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new FieldError(prefix.TrimEnd('.'), "must be an object with actions."));
            return [];
        }

        if (policy.TryGetProperty("effect", out var effect) && !(effect.ValueKind == JsonValueKind.String && effect.ValueEquals("Allow")))
        {
            errors.Add(new FieldError($"{prefix}effect", "must be Allow: to refuse requests, put a ! before the path of an action."));
        }

        var resources = ReadResources(policy, prefix, errors);
        var actions = new List<RoleAction>();
        foreach (var (item, i) in Items(policy, "actions", ActionsMax, prefix, errors))
        {
            if (TryReadActions(item, resources, out var read, out var problem))
            {
                actions.AddRange(read);
            }
            else
            {
                errors.Add(new FieldError($"{prefix}actions[{i}]", problem));
            }
        }

        return [.. actions.Distinct().OrderBy(action => action.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Only actions as newer OSMO servers have them are about resources.</summary>
    private static ImmutableArray<string> ReadResources(
        JsonElement policy, string prefix, ImmutableArray<FieldError>.Builder errors)
    {
        var resources = ImmutableArray.CreateBuilder<string>();
        if (policy.TryGetProperty("resources", out _))
        {
            foreach (var (item, i) in Items(policy, "resources", ResourcesMax, prefix, errors))
            {
                if (item.ValueKind == JsonValueKind.String)
                {
                    resources.Add(item.GetString()!);
                }
                else
                {
                    errors.Add(new FieldError($"{prefix}resources[{i}]", "must be a text such as backend/NAME."));
                }
            }
        }

        return resources.ToImmutable();
    }

    private static bool TryReadActions(
        JsonElement item,
        ImmutableArray<string> resources,
        out ImmutableArray<RoleAction> actions,
        [NotNullWhen(false)] out string? problem)
    {
        if (item.ValueKind == JsonValueKind.String && item.GetString() is { } text && ResourceAction.IsOne(text))
        {
            return ResourceAction.TryTranslate(text, resources, out actions, out problem);
        }

        actions = TryReadAction(item, out var action, out problem) ? [action] : [];
        return problem is null;
    }

    private static bool TryReadAction(
        JsonElement item, [NotNullWhen(true)] out RoleAction? action, [NotNullWhen(false)] out string? problem)
    {
        if (item.ValueKind == JsonValueKind.String)
        {
            return RoleAction.TryParse(item.GetString(), out action, out problem);
        }

        if (item.ValueKind == JsonValueKind.Object && String(item, "base") == RoleAction.Base)
        {
            return RoleAction.TryCreate(String(item, "path"), String(item, "method"), out action, out problem);
        }

        action = null;
        problem = "must be a text such as http:/api/pool/*:Get, or an object with base, path and method.";
        return false;
    }

    private static string? String(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Text(
        JsonElement json, string name, int charsMax, string prefix, ImmutableArray<FieldError>.Builder errors)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= charsMax)
        {
            return text;
        }

        errors.Add(new FieldError($"{prefix}{name}", $"must be a text of at most {charsMax} characters."));
        return null;
    }

    private static IEnumerable<(JsonElement Item, int Index)> Items(
        JsonElement json, string name, int countMax, string prefix, ImmutableArray<FieldError>.Builder errors)
    {
        if (json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= countMax)
        {
            return list.EnumerateArray().Select((item, i) => (item, i));
        }

        errors.Add(new FieldError($"{prefix}{name}", $"must be a list of at most {countMax}."));
        return [];
    }

    [GeneratedRegex(@"^[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?\z")]
    private static partial Regex NameShape();
}
