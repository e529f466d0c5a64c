using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.KubeSim.Api;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Patching;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Writes;

/// <summary>Applies a patch to one version of a node and says which top-level parts it touched.</summary>
internal sealed class NodePatcher
{
    private static readonly string[] Parts = ["metadata", "spec", "status"];

    private readonly PatchKind _kind;
    private readonly JsonNode _patch;

    private NodePatcher(PatchKind kind, JsonNode patch)
    {
        _kind = kind;
        _patch = patch;
    }

    public static NodePatcher Parse(PatchKind kind, ReadOnlySpan<byte> body)
    {
        JsonNode? patch;
        try
        {
            patch = Json.Parse(body);
        }
        catch (JsonException e)
        {
            throw Failures.BadRequest("error decoding patch: " + DecodeError(body, e));
        }

        return (kind, patch) switch
        {
            (PatchKind.Json, JsonArray) => new NodePatcher(kind, patch),
            (PatchKind.Json, _) => throw Failures.BadRequest(
                "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
            (_, JsonObject) => new NodePatcher(kind, patch),
            _ => throw Failures.BadRequest("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}"),
        };
    }

    /// <summary>The patched parts of <paramref name="node"/>, not yet canonical; parts that the patch leaves alone are absent.</summary>
    public JsonObject Apply(SimulatedNode node) => Apply(node, _patch is JsonObject o ? [.. Parts.Where(o.ContainsKey)] : Parts);

    /// <summary>The whole patched object, for error messages that carry it.</summary>
    public JsonObject ApplyToWhole(SimulatedNode node) => Apply(node, Parts);

    private JsonObject Apply(SimulatedNode node, string[] parts)
    {
        var target = PartsOf(node, parts);
        try
        {
            switch (_kind)
            {
                case PatchKind.Merge:
                    MergePatch.Apply(target, _patch.AsObject());
                    return target;
                case PatchKind.StrategicMerge:
                    StrategicMergePatch.Apply(target, _patch.AsObject(), NodeSchema.Node);
                    return target;
                default:
                    return JsonPatch.Apply(target, _patch.AsArray()) as JsonObject ?? throw Failures.Unprocessable();
            }
        }
        catch (JsonPatchFailedException)
        {
            throw Failures.Unprocessable();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw Failures.BadRequest(e.Message);
        }
    }

    private static JsonObject PartsOf(SimulatedNode node, string[] parts)
    {
        var target = new JsonObject { ["kind"] = "Node", ["apiVersion"] = "v1" };
        if (parts.Length == 0)
        {
            return target;
        }

        // Metadata alone is by far the most frequent target: labels.
        var form = parts is ["metadata"] ? ObjectForm.MetadataOnly : ObjectForm.Full;
        var buffer = new byte[node.LengthMax(form)];
        var length = node.Write(buffer, form, node.Version);
        var whole = Json.Parse(buffer.AsSpan(0, length))!.AsObject();
        foreach (var part in parts)
        {
            var value = whole[part];
            whole.Remove(part);
            target[part] = value;
        }

        return target;
    }

    private static string DecodeError(ReadOnlySpan<byte> body, JsonException error) =>
        error.BytePositionInLine is null || (error.LineNumber ?? 0) == 0 && error.BytePositionInLine >= body.Length
            ? "unexpected end of JSON input"
            : "invalid character at byte " + error.BytePositionInLine + " of line " + ((error.LineNumber ?? 0) + 1);
}
