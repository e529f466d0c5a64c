using System.Text.Json;
using Osmo.Grains.Availability;

namespace Osmo.Cli.Input;

/// <summary>Decodes one Node object.</summary>
internal static class NodeStateDecoder
{
    /// <exception cref="FormatException">The node lacks a name or a field has the wrong type; the message says which.</exception>
    public static NodeState Decode(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var name = Member(Member(root, "metadata", JsonValueKind.Object), "name", JsonValueKind.String)?.GetString();
        if (string.IsNullOrEmpty(name))
        {
            throw new FormatException("the node has no metadata.name.");
        }

        var unschedulable = Member(Member(root, "spec", JsonValueKind.Object), "unschedulable", JsonValueKind.True)?.GetBoolean() ?? false;
        var conditions = new List<ConditionPair>();
        if (Member(Member(root, "status", JsonValueKind.Object), "conditions", JsonValueKind.Array) is { } list)
        {
            foreach (var item in list.EnumerateArray())
            {
                var type = Member(item, "type", JsonValueKind.String)?.GetString() ?? "";
                conditions.Add(new(type, Member(item, "status", JsonValueKind.String)?.GetString() ?? ""));
            }
        }

        return new NodeState(name, unschedulable, conditions);
    }

    private static JsonElement? Member(JsonElement? parent, string name, JsonValueKind kind)
    {
        if (parent is not { ValueKind: JsonValueKind.Object } owner
            || !owner.TryGetProperty(name, out var value)
            || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var fits = value.ValueKind == kind || (kind == JsonValueKind.True && value.ValueKind == JsonValueKind.False);
        return fits ? value : throw new FormatException($"the node's field \"{name}\" is a JSON {value.ValueKind}.");
    }
}
