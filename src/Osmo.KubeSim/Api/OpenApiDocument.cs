using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Api;

/// <summary>
/// The OpenAPI 3 document of the core group: kubectl learns from it that the server validates fields, how lists of a node are merged, and
/// what <c>kubectl explain</c> says.
/// </summary>
internal static class OpenApiDocument
{
    public static JsonObject Create(string gitVersion) => new()
    {
        ["openapi"] = "3.0.0",
        ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = gitVersion },
        ["paths"] = new JsonObject
        {
            ["/api/v1/nodes"] = new JsonObject { ["post"] = Operation("post") },
            ["/api/v1/nodes/{name}"] = new JsonObject { ["patch"] = Operation("patch"), ["put"] = Operation("put") },
        },
        ["components"] = new JsonObject { ["schemas"] = new JsonObject { ["io.k8s.api.core.v1.Node"] = Node() } },
    };

    private static JsonObject Operation(string action) => new()
    {
        ["parameters"] = new JsonArray(Parameter("dryRun"), Parameter("fieldValidation")),
        ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
        ["x-kubernetes-action"] = action,
        ["x-kubernetes-group-version-kind"] = NodeKind(),
    };

    private static JsonObject Parameter(string name) =>
        new() { ["name"] = name, ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject NodeKind() => new() { ["group"] = "", ["version"] = "v1", ["kind"] = "Node" };

    private static JsonObject Node()
    {
        var node = SchemaOf(NodeSchema.Node);
        node["description"] = "Node is a worker node in Kubernetes.";
        node["x-kubernetes-group-version-kind"] = new JsonArray(NodeKind());
        return node;
    }

    private static JsonObject SchemaOf(FieldSchema field) => field.Kind switch
    {
        FieldKind.Number => new() { ["type"] = "integer", ["format"] = "int64" },
        FieldKind.Flag => new() { ["type"] = "boolean" },
        FieldKind.Timestamp => new() { ["type"] = "string", ["format"] = "date-time" },
        FieldKind.Map => new() { ["type"] = "object", ["additionalProperties"] = SchemaOf(field.Item!) },
        FieldKind.List => ListOf(field),
        FieldKind.Opaque => new() { ["type"] = "object" },
        FieldKind.Struct or FieldKind.OptionalStruct => ObjectOf(field),
        _ => new() { ["type"] = "string" },
    };

    private static JsonObject ObjectOf(FieldSchema field)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (name, schema) in field.Fields)
        {
            properties[name] = SchemaOf(schema);
            if (schema.Required)
            {
                required.Add(JsonValue.Create(name));
            }
        }

        var described = new JsonObject { ["type"] = "object", ["description"] = field.TypeName, ["properties"] = properties };
        if (required.Count > 0)
        {
            described["required"] = required;
        }

        return described;
    }

    private static JsonObject ListOf(FieldSchema field)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = SchemaOf(field.Item!) };
        if (field.MergeKey is { } key)
        {
            list["x-kubernetes-patch-strategy"] = "merge";
            if (key.Length > 0)
            {
                list["x-kubernetes-patch-merge-key"] = key;
            }
        }

        return list;
    }
}
