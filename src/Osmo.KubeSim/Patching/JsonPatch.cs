using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Patching;

/// <summary>The patch is well formed but cannot be applied: a failed test, a missing path.</summary>
internal sealed class JsonPatchFailedException(string message) : Exception(message);

/// <summary>JSON patch (RFC 6902).</summary>
internal static class JsonPatch
{
    private const int OperationsMax = 10_000;

    /// <summary>Applies the operations in order; throws <see cref="FormatException"/> when the patch itself is malformed.</summary>
    public static JsonNode Apply(JsonNode target, JsonArray operations)
    {
        if (operations.Count > OperationsMax)
        {
            throw new FormatException($"the allowed maximum operations in a JSON patch is {OperationsMax}, got {operations.Count}");
        }

        // A removed root cannot be a Node, so the root is held in an object of its own and pointers never leave it.
        var holder = new JsonObject { ["root"] = target };
        foreach (var operation in operations)
        {
            if (operation is not JsonObject op)
            {
                throw new FormatException("json: cannot unmarshal a JSON patch operation that is no object");
            }

            Apply(holder, op);
        }

        var result = holder["root"] ?? throw new JsonPatchFailedException("the patch removes the whole object");
        holder.Remove("root");
        return result;
    }

    private static void Apply(JsonObject holder, JsonObject op)
    {
        var path = Pointer(op, "path");
        switch (op.Text("op"))
        {
            case "add":
                Add(holder, path, op["value"]?.DeepClone());
                break;
            case "remove":
                Remove(holder, path);
                break;
            case "replace":
                Find(holder, path);
                Remove(holder, path);
                Add(holder, path, op["value"]?.DeepClone());
                break;
            case "move":
                var moved = Find(holder, Pointer(op, "from"))?.DeepClone();
                Remove(holder, Pointer(op, "from"));
                Add(holder, path, moved);
                break;
            case "copy":
                Add(holder, path, Find(holder, Pointer(op, "from"))?.DeepClone());
                break;
            case "test":
                if (!JsonNode.DeepEquals(Find(holder, path), op["value"]))
                {
                    throw new JsonPatchFailedException($"testing value {op.Text("path")} failed");
                }

                break;
            case var other:
                throw new FormatException($"Unexpected kind: {other}");
        }
    }

    private static string[] Pointer(JsonObject op, string member)
    {
        var text = op.Text(member) ?? throw new FormatException($"operation does not have a {member}");
        if (text.Length > 0 && text[0] != '/')
        {
            throw new FormatException($"{member} \"{text}\" is no JSON pointer: it must start with /");
        }

        return [.. ("root" + text).Split('/')
            .Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    private static JsonNode? Find(JsonObject holder, string[] path)
    {
        JsonNode? at = holder;
        foreach (var part in path)
        {
            at = at switch
            {
                JsonObject o when o.TryGetPropertyValue(part, out var child) => child,
                JsonArray a when int.TryParse(part, out var i) && i >= 0 && i < a.Count => a[i],
                _ => throw new JsonPatchFailedException($"missing path: {string.Join('/', path.Skip(1))}"),
            };
        }

        return at;
    }

    private static void Add(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Find(holder, path[..^1]))
        {
            case JsonObject o:
                o[path[^1]] = value;
                break;
            case JsonArray a when path[^1] == "-":
                a.Add(value);
                break;
            case JsonArray a when int.TryParse(path[^1], out var i) && i >= 0 && i <= a.Count:
                a.Insert(i, value);
                break;
            default:
                throw new JsonPatchFailedException($"add operation does not apply: missing path {string.Join('/', path.Skip(1))}");
        }
    }

    private static void Remove(JsonObject holder, string[] path)
    {
        switch (Find(holder, path[..^1]))
        {
            case JsonObject o when o.Remove(path[^1]):
                return;
            case JsonArray a when int.TryParse(path[^1], out var i) && i >= 0 && i < a.Count:
                a.RemoveAt(i);
                return;
            default:
                throw new JsonPatchFailedException($"remove operation does not apply: missing path {string.Join('/', path.Skip(1))}");
        }
    }
}
