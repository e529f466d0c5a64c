using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Kubernetes;

/// <summary>Builds Node objects, watch events and lists as an API server writes them.</summary>
public static class NodeJson
{
    /// <summary>A small node.</summary>
    public static JsonObject Small(string name, int version, string uid = "", bool unschedulable = false, string ready = "True")
    {
        JsonObject node = new()
        {
            ["kind"] = "Node",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = uid.Length == 0 ? $"uid-of-{name}" : uid,
                ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture),
                ["labels"] = new JsonObject { ["kubernetes.io/hostname"] = name },
            },
            ["spec"] = new JsonObject(),
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = ready }),
            },
        };
        if (unschedulable)
        {
            node["spec"]!["unschedulable"] = true;
        }

        return node;
    }

    /// <summary>A GPU node of about 12 KB: 80 labels, 14 conditions, images and managed fields.</summary>
    public static JsonObject Realistic(int number, int version, string heartbeat = "2026-11-21T18:31:36Z")
    {
        string name = $"dgx-{number:D5}.pod{number % 20}.example.net";
        JsonObject labels = new() { ["kubernetes.io/hostname"] = name };
        for (int i = 0; i < 79; i++)
        {
            labels[$"nvidia.com/gpu.feature-{i:D2}.capability"] = i % 3 == 0 ? "true" : $"value-{i}";
        }

        JsonArray conditions = [];
        JsonObject fields = [];
        for (int i = 0; i < 14; i++)
        {
            string type = i == 13 ? "Ready" : $"GpuProblem{i}";
            conditions.Add(new JsonObject
            {
                ["type"] = type,
                ["status"] = i == 13 ? "True" : "False",
                ["lastHeartbeatTime"] = heartbeat,
                ["lastTransitionTime"] = "2026-10-01T08:00:00Z",
                ["reason"] = $"NoGpuProblem{i}",
                ["message"] = $"check {i} found \"nothing\" to report",
            });
            fields[$"k:{{\"type\":\"{type}\"}}"] = new JsonObject
            {
                ["."] = new JsonObject(),
                ["f:lastHeartbeatTime"] = new JsonObject(),
                ["f:status"] = new JsonObject(),
            };
        }

        return new JsonObject
        {
            ["kind"] = "Node",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = $"e7f7bd00-d117-4242-b1f3-{number:D12}",
                ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture),
                ["creationTimestamp"] = "2026-09-01T00:00:00Z",
                ["labels"] = labels,
                ["annotations"] = new JsonObject { ["csi.volume.kubernetes.io/nodeid"] = "{\"csi\":\"node\"}" },
                ["managedFields"] = new JsonArray(new JsonObject
                {
                    ["manager"] = "kubelet",
                    ["operation"] = "Update",
                    ["fieldsV1"] = new JsonObject { ["f:status"] = new JsonObject { ["f:conditions"] = fields } },
                }),
            },
            ["spec"] = new JsonObject
            {
                ["podCIDR"] = "10.244.1.0/24",
                ["taints"] = new JsonArray(new JsonObject { ["key"] = "nvidia.com/gpu", ["effect"] = "NoSchedule" }),
            },
            ["status"] = new JsonObject
            {
                ["capacity"] = Resources(),
                ["allocatable"] = Resources(),
                ["conditions"] = conditions,
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "10.0.0.1" }),
                ["nodeInfo"] = new JsonObject { ["kubeletVersion"] = "v1.36.0", ["architecture"] = "amd64" },
                ["images"] = Images(),
            },
        };
    }

    /// <summary>One line of a watch, ended by a newline.</summary>
    public static string Event(string type, JsonNode node) =>
        JsonSerializer.Serialize(new JsonObject { ["type"] = type, ["object"] = node.DeepClone() }, Plain) + "\n";

    /// <summary>A bookmark line.</summary>
    public static string Bookmark(int version) =>
        """{"type":"BOOKMARK","object":{"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"NNN"},"spec":{},"status":{}}}"""
            .Replace("NNN", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) + "\n";

    /// <summary>A NodeList; its items have no kind, as on the wire.</summary>
    public static string List(int version, params JsonObject[] nodes) => ListPage(version, "", nodes);

    /// <summary>One page of a NodeList.</summary>
    public static string ListPage(int version, string continueToken, params JsonObject[] nodes)
    {
        JsonArray items = [];
        foreach (JsonObject node in nodes)
        {
            JsonObject item = node.DeepClone().AsObject();
            item.Remove("kind");
            item.Remove("apiVersion");
            items.Add((JsonNode)item);
        }

        JsonObject metadata = new() { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (continueToken.Length > 0)
        {
            metadata["continue"] = continueToken;
        }

        return JsonSerializer.Serialize(
            new JsonObject { ["kind"] = "NodeList", ["apiVersion"] = "v1", ["metadata"] = metadata, ["items"] = items }, Plain);
    }

    /// <summary>A node's bytes.</summary>
    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(node, Plain));

    private static JsonArray Images()
    {
        JsonArray images = [];
        for (int i = 0; i < 12; i++)
        {
            images.Add(new JsonObject
            {
                ["names"] = new JsonArray($"nvcr.io/nvidia/image-{i}@sha256:{new string('a', 64)}", $"nvcr.io/nvidia/image-{i}:24.0{i}"),
                ["sizeBytes"] = 123456789 + i,
            });
        }

        return images;
    }

    private static JsonObject Resources() => new()
    {
        ["cpu"] = "224",
        ["ephemeral-storage"] = "1843269236Ki",
        ["hugepages-1Gi"] = "0",
        ["memory"] = "2113410684Ki",
        ["nvidia.com/gpu"] = "8",
        ["pods"] = "110",
    };

    private static readonly JsonSerializerOptions Plain =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
