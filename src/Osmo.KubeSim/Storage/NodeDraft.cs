using System.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Storage;

/// <summary>
/// A node being written: the top-level parts that a request touches as JSON objects, the others still as bytes of the
/// version it started from.
/// </summary>
internal sealed class NodeDraft
{
    private static readonly string[] ResourceFields = ["capacity", "allocatable", "phase"];
    private static readonly string[] SystemFields = ["addresses", "daemonEndpoints", "nodeInfo"];

    private readonly SimulatedNode? _base;

    private NodeDraft(SimulatedNode? from) => _base = from;

    public JsonObject? Metadata { get; set; }

    public JsonObject? Spec { get; set; }

    public JsonObject? Status { get; set; }

    public static NodeDraft New(JsonObject metadata, JsonObject spec, JsonObject status) =>
        new(null) { Metadata = metadata, Spec = spec, Status = status };

    public static NodeDraft From(SimulatedNode node) => new(node);

    /// <summary>The segments and facts of the draft; untouched parts are taken over from the version it started from.</summary>
    public (NodeSegments Segments, NodeFacts Facts) Build(SegmentPool pool)
    {
        var old = _base?.Segments;
        var status = Status;
        var metadata = Metadata;
        var segments = new NodeSegments
        {
            Identity = metadata is null ? old!.Identity : Keep(old?.Identity, IdentityOf(metadata)),
            Metadata = metadata is null
                ? old!.Metadata
                : Keep(old?.Metadata, Members(metadata, after: "resourceVersion", until: "managedFields")),
            ManagedFields = metadata is null ? old!.ManagedFields : pool.Share(ManagedFieldsOf(metadata)),
            Spec = Spec is null ? old!.Spec : Keep(old?.Spec, Json.ToUtf8(Spec)),
            Resources = status is null ? old!.Resources : pool.Share(Members(status, ResourceFields, trailingComma: true)),
            Conditions = status is null ? old!.Conditions : Keep(old?.Conditions, ConditionsOf(status)),
            System = status is null ? old!.System : Keep(old?.System, Members(status, SystemFields, trailingComma: false)),
            Images = status is null ? old!.Images : pool.Share(Members(status, after: "nodeInfo", until: null)),
        };
        return (segments, Facts(pool));
    }

    private NodeFacts Facts(SegmentPool pool)
    {
        var old = _base?.Facts;
        var facts = Metadata is null ? old! : new NodeFacts
        {
            Name = Metadata.Text("name") ?? "",
            Uid = Metadata.Text("uid") ?? "",
            Labels = Labels(Metadata, pool),
            HasFinalizers = Metadata["finalizers"] is JsonArray { Count: > 0 },
            IsDeleting = Metadata.ContainsKey("deletionTimestamp"),
        };
        var unschedulable = Spec is null ? old!.Unschedulable : Spec["unschedulable"]?.GetValue<bool>() ?? false;
        return facts.Unschedulable == unschedulable ? facts : facts with { Unschedulable = unschedulable };
    }

    private static Dictionary<string, string> Labels(JsonObject metadata, SegmentPool pool) =>
        metadata["labels"] is not JsonObject labels
            ? new Dictionary<string, string>(0)
            : labels.ToDictionary(p => pool.Share(p.Key), p => pool.Share(p.Value!.GetValue<string>()), StringComparer.Ordinal);

    private static byte[] Keep(byte[]? old, byte[] fresh) => old is not null && old.AsSpan().SequenceEqual(fresh) ? old : fresh;

    private static byte[] IdentityOf(JsonObject metadata)
    {
        var text = new StringBuilder();
        foreach (var (name, _) in NodeSchema.Metadata.Fields.TakeWhile(f => f.Name != "resourceVersion"))
        {
            if (metadata[name] is { } value)
            {
                text.Append('"').Append(name).Append("\":").Append(Json.ToText(value)).Append(',');
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] ManagedFieldsOf(JsonObject metadata) =>
        metadata["managedFields"] is { } fields ? Encoding.UTF8.GetBytes(",\"managedFields\":" + Json.ToText(fields)) : [];

    private static byte[] ConditionsOf(JsonObject status) => status["conditions"] is { } conditions ? Json.ToUtf8(conditions) : [];

    private static byte[] Members(JsonObject source, string[] names, bool trailingComma)
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            if (source[name] is { } value)
            {
                text.Append('"').Append(name).Append("\":").Append(Json.ToText(value)).Append(',');
            }
        }

        if (!trailingComma)
        {
            text.Length--;
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Members that the schema orders after one name and before another, each preceded by a comma.</summary>
    private static byte[] Members(JsonObject source, string after, string? until)
    {
        var schema = after == "nodeInfo" ? NodeSchema.Status : NodeSchema.Metadata;
        var text = new StringBuilder();
        var started = false;
        foreach (var (name, _) in schema.Fields)
        {
            if (name == until)
            {
                break;
            }

            if (started && source[name] is { } value)
            {
                text.Append(",\"").Append(name).Append("\":").Append(Json.ToText(value));
            }

            started |= name == after;
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
