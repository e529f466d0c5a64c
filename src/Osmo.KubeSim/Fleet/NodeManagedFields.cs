using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Fleet;

/// <summary>managedFields as kubelet, feature discovery and the node problem detector leave them.</summary>
internal static class NodeManagedFields
{
    public static JsonArray Of(NodeShape shape, string time)
    {
        var conditions = new JsonObject { ["."] = new JsonObject() };
        foreach (var type in (string[])["DiskPressure", "MemoryPressure", "PIDPressure", "Ready"])
        {
            conditions["k:{\"type\":\"" + type + "\"}"] =
                Fields("f:lastHeartbeatTime", "f:lastTransitionTime", "f:message", "f:reason", "f:status");
        }

        var resources = Fields(".", "f:cpu", "f:memory", "f:nvidia.com/gpu", "f:pods");
        var labels = Fields(".", "f:beta.kubernetes.io/arch", "f:beta.kubernetes.io/os", "f:kubernetes.io/arch", "f:kubernetes.io/hostname",
            "f:kubernetes.io/os", "f:node.kubernetes.io/instance-type");
        var discovered = Fields("f:nvidia.com/gpu.count", "f:nvidia.com/gpu.product", "f:nvidia.com/gpu.memory", "f:nvidia.com/gpu.family");
        return
        [
            Entry("kubelet", time, null, new JsonObject { ["f:metadata"] = new JsonObject { ["f:labels"] = labels } }),
            Entry(shape.Gpus > 0 ? "gpu-operator" : "nfd-master", time, null,
                new JsonObject { ["f:metadata"] = new JsonObject { ["f:labels"] = discovered } }),
            Entry("kubelet", time, "status", new JsonObject
            {
                ["f:status"] = new JsonObject
                {
                    ["f:allocatable"] = resources,
                    ["f:conditions"] = conditions,
                    ["f:images"] = new JsonObject(),
                },
            }),
        ];
    }

    /// <summary>Notes who set a label last, as an API server does for an update: nobody else owns it any more.</summary>
    /// <param name="metadata">The metadata of the node.</param>
    /// <param name="label">The label's key.</param>
    /// <param name="manager">Who; null where the label was removed.</param>
    /// <param name="time">When.</param>
    public static void SetOwner(JsonObject metadata, string label, string? manager, string time)
    {
        var entries = metadata["managedFields"] as JsonArray ?? [];
        if (entries.Parent is null)
        {
            metadata["managedFields"] = entries;
        }

        foreach (var labels in entries.Select(entry => entry?["fieldsV1"]?["f:metadata"]?["f:labels"]).OfType<JsonObject>())
        {
            labels.Remove($"f:{label}");
        }

        if (manager is not null)
        {
            var fields = new JsonObject { ["f:metadata"] = new JsonObject { ["f:labels"] = Fields($"f:{label}") } };
            entries.Add(Entry(manager, time, null, fields));
        }
    }

    private static JsonObject Entry(string manager, string time, string? subresource, JsonObject fields)
    {
        var entry = new JsonObject
        {
            ["manager"] = manager,
            ["operation"] = "Update",
            ["apiVersion"] = "v1",
            ["time"] = time,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields,
        };
        if (subresource is not null)
        {
            entry["subresource"] = subresource;
        }

        return entry;
    }

    private static JsonObject Fields(params string[] names)
    {
        var fields = new JsonObject();
        foreach (var name in names)
        {
            fields[name] = new JsonObject();
        }

        return fields;
    }
}
