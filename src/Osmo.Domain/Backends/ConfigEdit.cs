using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Backends;

/// <summary>
/// A change of a backend's configuration, applied to whatever the configuration is when its turn comes. That may be after the
/// caller went away, so the JSON in it must not belong to a document that the caller disposes of.
/// </summary>
public abstract record ConfigEdit
{
    /// <summary>The record with the change made; equal to the given one where the change changes nothing.</summary>
    /// <exception cref="OsmoException">The change breaks a rule.</exception>
    public abstract BackendRecord ApplyTo(BackendRecord current);
}

/// <summary>OSMO's way: every top-level field that is given replaces the whole of what was there.</summary>
/// <param name="Configs">The fields.</param>
public sealed record ReplaceFields(JsonElement Configs) : ConfigEdit
{
    /// <inheritdoc/>
    public override BackendRecord ApplyTo(BackendRecord current)
    {
        var (config, registration) = BackendConfigReader.Read(
            Configs, current.Config, current.Registration, current.Config.NodeConditions);
        return current with { Config = config, Registration = registration };
    }
}

/// <summary>A JSON merge patch (RFC 7396) of the editable document; null puts a field back to its default.</summary>
/// <param name="Patch">The patch.</param>
public sealed record MergePatch(JsonElement Patch) : ConfigEdit
{
    /// <summary>
    /// Whether a backend that does not exist is declared: the patch is then one of the default configuration, and its agent finds the
    /// result when it connects.
    /// </summary>
    public bool Declares { get; init; }

    /// <inheritdoc/>
    public override BackendRecord ApplyTo(BackendRecord current)
    {
        if (Patch.ValueKind != JsonValueKind.Object)
        {
            throw new OsmoException(ErrorCode.Invalid, "The merge patch must be a JSON object with the fields to change.");
        }

        // A misspelt name must be refused even where its value is null, which the merge would drop; others are found below, with
        // whatever else is wrong.
        var fields = new JsonFields();
        BackendConfigReader.CheckNames(fields, Patch.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Null));
        fields.ThrowIfAny();
        var (target, patch) = ((JsonObject)JsonNode.Parse(BackendDocument.EditableJson(current))!, JsonObject.Create(Patch)!);
        NodeConditionsReader.DropOtherForm(target, patch);
        var merged = Merge(target, patch);
        using var document = JsonDocument.Parse(merged!.ToJsonString());
        var (config, registration) = BackendConfigReader.Read(
            document.RootElement, BackendConfig.Default, current.Registration, current.Config.NodeConditions);
        return current with { Config = config, Registration = registration };
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var merged = target as JsonObject ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                var before = merged[name];
                merged.Remove(name);
                merged[name] = Merge(before, value);
            }
        }

        return merged;
    }
}
