using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>Messages of the listener protocol as the Python agent writes them.</summary>
public static class ListenerFrames
{
    public static string NewUuid() => Guid.NewGuid().ToString("n");

    /// <summary>The uid of the cluster that a backend of the tests is.</summary>
    public static string UidOf(string backend) => $"uid-of-{backend}";

    public static string UuidOf(string frame) => (string)JsonNode.Parse(frame)!["uuid"]!;

    public static string Init(
        string clusterUid, string version = "1.0.0", string prefix = "osmo.nvidia.com/", string workflowNamespace = "osmo-wf") =>
        Of("init", new JsonObject
        {
            ["k8s_uid"] = clusterUid,
            ["k8s_namespace"] = workflowNamespace,
            ["version"] = version,
            ["node_condition_prefix"] = prefix,
        });

    public static string Logging(string text, int level = 20) => Of("logging", LoggingBody(text, level));

    public static JsonObject LoggingBody(string text, int level) =>
        new() { ["type"] = level, ["text"] = text, ["workflow_uuid"] = null };

    /// <summary>A node that is what the agent says it is.</summary>
    /// <param name="node">The node.</param>
    /// <param name="available">The agent's verdict.</param>
    public static string Resource(PythonNode node, bool available) => Of("resource", node.ResourceBody(available));

    public static string Resource(string name, bool available, params string[] trueConditions) =>
        Resource(new PythonNode(name, [.. trueConditions.Select(type => (type, "True"))]), available);

    public static string Delete(string name) => Of("delete_resource", new JsonObject { ["resource"] = name });

    public static string NodeHash(params string[] names) =>
        Of("node_hash", new JsonObject { ["node_hashes"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) });

    /// <param name="time">As the agent's clock has it: naive UTC.</param>
    public static string Heartbeat(string time = "2026-11-21T18:33:21.292608") => Of("heartbeat", new JsonObject { ["time"] = time });

    public static string Of(string type, JsonObject body, string? uuid = null) => PythonJson.Frame(type, body, uuid ?? NewUuid());
}
