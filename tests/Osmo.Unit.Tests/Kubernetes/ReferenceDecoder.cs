using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Kubernetes;

namespace Osmo.Unit.Tests.Kubernetes;

/// <summary>The decoder's meaning, written the slow and obvious way with a document model.</summary>
internal static class ReferenceDecoder
{
    public static NodeProjection Decode(JsonElement node)
    {
        JsonElement metadata = Member(node, "metadata");
        JsonElement spec = Member(node, "spec");
        JsonElement status = Member(node, "status");
        return new NodeProjection
        {
            Name = Text(metadata, "name"),
            Uid = Text(metadata, "uid"),
            ResourceVersion = Text(metadata, "resourceVersion"),
            Unschedulable = Member(spec, "unschedulable").ValueKind == JsonValueKind.True,
            Labels = [.. Members(Member(metadata, "labels"))
                .Select(label => new NodeLabel(label.Name, label.Value.GetString() ?? ""))
                .Reverse().DistinctBy(label => label.Key).OrderBy(label => label.Key, StringComparer.Ordinal)],
            Taints = [.. Elements(Member(spec, "taints"))
                .Select(taint => new NodeTaint(Text(taint, "key"), Text(taint, "value"), Text(taint, "effect")))],
            Conditions = [.. Elements(Member(status, "conditions"))
                .Select(condition => new NodeCondition(Text(condition, "type"), Text(condition, "status")))],
            Allocatable = Resources(Member(status, "allocatable")),
            Capacity = Resources(Member(status, "capacity")),
        };
    }

    private static ImmutableArray<NodeResource> Resources(JsonElement element) =>
        [.. Members(element).Select(resource => new NodeResource(
            resource.Name, resource.Value.ValueKind == JsonValueKind.String ? resource.Value.GetString()! : resource.Value.GetRawText()))];

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) ? value : default;

    private static string Text(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    private static JsonElement.ObjectEnumerator Members(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : default;

    private static JsonElement.ArrayEnumerator Elements(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : default;
}
