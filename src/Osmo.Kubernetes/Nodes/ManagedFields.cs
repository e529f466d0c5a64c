using System.Text.Json;

namespace Osmo.Kubernetes;

/// <summary>Reads the <c>managedFields</c> of an object: which manager set which field.</summary>
internal static class ManagedFields
{
    /// <summary>
    /// The managers that own a label, the one that changed anything last first. Empty where nobody does, and where the object is not of
    /// the form that API servers give it.
    /// </summary>
    public static IReadOnlyList<string> ManagersOfLabel(JsonElement root, string labelKey)
    {
        if (Member(Member(root, "metadata"), "managedFields") is not { ValueKind: JsonValueKind.Array } entries)
        {
            return [];
        }

        List<(string Manager, string Time)> owners = [];
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            JsonElement? labels = Member(Member(Member(entry, "fieldsV1"), "f:metadata"), "f:labels");
            if (Member(labels, $"f:{labelKey}") is not null && Text(entry, "manager") is { Length: > 0 } manager)
            {
                owners.Add((manager, Text(entry, "time") ?? ""));
            }
        }

        // Times are written alike, so that their order is that of their text.
        return [.. owners.OrderByDescending(owner => owner.Time, StringComparer.Ordinal).Select(owner => owner.Manager).Distinct()];
    }

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out JsonElement member) ? member : null;

    private static string? Text(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
