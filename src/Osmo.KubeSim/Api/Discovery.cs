using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Api;

/// <summary>What kubectl reads to learn what the server has, and the few fixed objects besides nodes, pods and events.</summary>
internal sealed class Discovery(SimulatedCluster cluster)
{
    private const string GitVersion = "v1.36.2";
    private const string DefaultNamespaceUid = "6f1c8c5e-0000-4000-8000-000000000001";

    /// <summary>The document at a path, or null if there is none.</summary>
    public JsonObject? Find(string path) => path switch
    {
        "/version" => Version(),
        "/api" => new JsonObject
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(),
        },
        "/apis" => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray() },
        "/api/v1" => Resources(),
        "/openapi/v3" => new JsonObject
        {
            ["paths"] = new JsonObject { ["api/v1"] = new JsonObject { ["serverRelativeURL"] = "/openapi/v3/api/v1?hash=1" } },
        },
        "/openapi/v3/api/v1" => OpenApiDocument.Create(GitVersion),
        "/api/v1/namespaces" => List(
            "NamespaceList", Namespace("default", DefaultNamespaceUid), Namespace("kube-system", cluster.KubeSystemUid)),
        "/api/v1/namespaces/kube-system" => Typed("Namespace", Namespace("kube-system", cluster.KubeSystemUid)),
        "/api/v1/namespaces/default" => Typed("Namespace", Namespace("default", DefaultNamespaceUid)),
        _ => null,
    };

    private static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["gitVersion"] = GitVersion,
        ["gitCommit"] = "0000000000000000000000000000000000000000",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "2026-06-10T00:00:00Z",
        ["goVersion"] = "go1.26",
        ["compiler"] = "gc",
        ["platform"] = "linux/amd64",
    };

    private static JsonObject Resources() => new()
    {
        ["kind"] = "APIResourceList",
        ["groupVersion"] = "v1",
        ["resources"] = new JsonArray(
            Resource("events", "Event", true, ["ev"], "get", "list", "watch"),
            Resource("namespaces", "Namespace", false, ["ns"], "get", "list"),
            Resource("nodes", "Node", false, ["no"], "create", "delete", "get", "list", "patch", "update", "watch"),
            Resource("nodes/status", "Node", false, [], "get", "patch", "update"),
            Resource("pods", "Pod", true, ["po"], "get", "list", "watch")),
    };

    private static JsonObject Resource(string name, string kind, bool namespaced, string[] shortNames, params string[] verbs)
    {
        var resource = new JsonObject
        {
            ["name"] = name,
            ["singularName"] = name.Contains('/', StringComparison.Ordinal) ? "" : kind.ToLowerInvariant(),
            ["namespaced"] = namespaced,
            ["kind"] = kind,
            ["verbs"] = new JsonArray([.. verbs.Select(v => JsonValue.Create(v))]),
        };
        if (shortNames.Length > 0)
        {
            resource["shortNames"] = new JsonArray([.. shortNames.Select(s => JsonValue.Create(s))]);
        }

        return resource;
    }

    private JsonObject List(string kind, params JsonObject[] items) => new()
    {
        ["kind"] = kind,
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = cluster.ResourceVersion.ToString() },
        ["items"] = new JsonArray([.. items]),
    };

    private static JsonObject Typed(string kind, JsonObject item)
    {
        var typed = new JsonObject { ["kind"] = kind, ["apiVersion"] = "v1" };
        foreach (var (name, value) in item.ToList())
        {
            item.Remove(name);
            typed[name] = value;
        }

        return typed;
    }

    private JsonObject Namespace(string name, string uid) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["uid"] = uid,
            ["resourceVersion"] = "4",
            ["creationTimestamp"] = Timestamp.Format(cluster.StartedAt),
            ["labels"] = new JsonObject { ["kubernetes.io/metadata.name"] = name },
        },
        ["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") },
        ["status"] = new JsonObject { ["phase"] = "Active" },
    };
}
