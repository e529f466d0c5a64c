using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>A message of a listener as its service reads it, held to the exact shape of the recorded ones.</summary>
/// <param name="Connection">The number of the connection, over all channels.</param>
/// <param name="Channel">control, pod, node, event or heartbeat.</param>
/// <param name="Type">The message's type.</param>
/// <param name="Id">Its uuid.</param>
/// <param name="Body">Its body.</param>
/// <param name="Violation">What a strict service would not take; null where all is well.</param>
public sealed record ServedFrame(int Connection, string Channel, string Type, string Id, JsonObject Body, string? Violation)
{
    private static readonly Dictionary<string, (string Channel, string[] Fields)> Shapes = new(StringComparer.Ordinal)
    {
        ["logging"] = ("", ["type", "text", "workflow_uuid"]),
        ["init"] = ("", ["k8s_uid", "k8s_namespace", "version", "node_condition_prefix"]),
        ["heartbeat"] = ("heartbeat", ["time"]),
        ["resource"] = ("node",
            ["hostname", "available", "conditions", "processed_fields", "allocatable_fields", "label_fields", "taints"]),
        ["resource_usage"] = ("node", ["hostname", "usage_fields", "non_workflow_usage_fields"]),
        ["delete_resource"] = ("node", ["resource"]),
        ["node_hash"] = ("node", ["node_hashes"]),
        ["update_pod"] = ("pod",
            ["workflow_uuid", "task_uuid", "retry_id", "container", "node", "pod_ip", "message", "status", "exit_code", "backend",
                "conditions"]),
        ["monitor_pod"] = ("pod", ["workflow_uuid", "task_uuid", "retry_id", "message"]),
        ["pod_conditions"] = ("event", ["workflow_uuid", "task_uuid", "retry_id", "conditions"]),
        ["pod_event"] = ("event", ["pod_name", "reason", "message", "timestamp"]),
    };

    private static readonly string[] UsageFields = ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"];
    private static readonly string[] ConditionFields = ["reason", "message", "timestamp", "status", "type"];

    private static readonly string[] TaskStatuses =
    [
        "WAITING", "PROCESSING", "SCHEDULING", "INITIALIZING", "RUNNING", "FAILED", "COMPLETED", "FAILED_EXEC_TIMEOUT",
        "FAILED_START_ERROR", "FAILED_START_TIMEOUT", "FAILED_SERVER_ERROR", "FAILED_BACKEND_ERROR", "FAILED_QUEUE_TIMEOUT",
        "FAILED_IMAGE_PULL", "FAILED_UPSTREAM", "FAILED_EVICTED", "FAILED_PREEMPTED", "FAILED_CANCELED",
    ];

    private static readonly string[] TaintFields = ["effect", "key", "time_added", "value"];

    /// <summary>Text of the body's field.</summary>
    public string? Text(string field) => (string?)Body[field];

    public static ServedFrame Read(int connection, string channel, string text)
    {
        try
        {
            var frame = JsonNode.Parse(text)!.AsObject();
            var type = (string)frame["type"]!;
            var body = frame["body"]!.AsObject();
            var id = (string?)frame["uuid"] ?? "";
            return new ServedFrame(connection, channel, type, id, body, Check(frame, channel, type, body, id));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            return new ServedFrame(connection, channel, "", "", [], $"cannot be read ({e.Message})");
        }
    }

    private static string? Check(JsonObject frame, string channel, string type, JsonObject body, string id)
    {
        if (!Names(frame).SequenceEqual(["type", "body", "uuid"]) || !Guid.TryParseExact(id, "n", out _))
        {
            return "the envelope is not type, body and uuid";
        }

        if (!Shapes.TryGetValue(type, out var shape) || (shape.Channel.Length > 0 && shape.Channel != channel))
        {
            return $"{type} does not belong here";
        }

        if (!Names(body).SequenceEqual(shape.Fields))
        {
            return $"the fields are {string.Join(' ', Names(body))}";
        }

        return type switch
        {
            "resource" => CheckResource(body),
            "resource_usage" => CheckAmounts(body["usage_fields"]!) ?? CheckAmounts(body["non_workflow_usage_fields"]!),
            "node_hash" => body["node_hashes"]!.AsArray().All(name => Kind(name) == JsonValueKind.String) ? null : "names are no texts",
            "update_pod" => CheckTask(body, "exit_code") ?? CheckConditions(body) ?? CheckUpdate(body),
            "monitor_pod" => CheckTask(body),
            "pod_conditions" => CheckTask(body) ?? CheckConditions(body),
            "pod_event" => AllTexts(body) && IsTime(body["timestamp"]) ? null : "an odd text or time",
            "logging" => (int)body["type"]! is 10 or 20 or 30 or 40 && body["workflow_uuid"] is null ? null : "an odd level or workflow",
            _ => body.All(field => Kind(field.Value) == JsonValueKind.String) ? null : "a field is no text",
        };
    }

    private static string? CheckResource(JsonObject body)
    {
        if (Kind(body["hostname"]) != JsonValueKind.String || Kind(body["available"]) is not (JsonValueKind.True or JsonValueKind.False)
            || body["processed_fields"]!.AsObject().Count > 0 || !AllTexts(body["allocatable_fields"]!) || !AllTexts(body["label_fields"]!)
            || !body["conditions"]!.AsArray().All(type => Kind(type) == JsonValueKind.String))
        {
            return "a field is of another kind";
        }

        return body["taints"]!.AsArray().All(taint =>
            Names(taint!.AsObject()).SequenceEqual(TaintFields)
            && Kind(taint["effect"]) == JsonValueKind.String && Kind(taint["key"]) == JsonValueKind.String)
                ? null
                : "a taint is odd";
    }

    private static string? CheckTask(JsonObject body, string? alsoNumber = null) =>
        body.All(field => Kind(field.Value) == (field.Key switch
        {
            "retry_id" => JsonValueKind.Number,
            "conditions" => JsonValueKind.Array,
            _ when field.Key == alsoNumber && field.Value is not null => JsonValueKind.Number,
            _ when field.Key == alsoNumber => JsonValueKind.Null,
            _ => JsonValueKind.String,
        })) && Text(body, "workflow_uuid").Length > 0 && Text(body, "task_uuid").Length > 0
            ? null
            : "a field is of another kind";

    private static string? CheckUpdate(JsonObject body) =>
        TaskStatuses.Contains(Text(body, "status")) ? null : $"{Text(body, "status")} is no status of a task";

    private static string? CheckConditions(JsonObject body) =>
        body["conditions"]!.AsArray().All(condition =>
            Names(condition!.AsObject()).SequenceEqual(ConditionFields)
            && Kind(condition["status"]) is JsonValueKind.True or JsonValueKind.False && IsTime(condition["timestamp"])
            && AllTexts(new JsonObject { ["type"] = (string)condition["type"]!, ["reason"] = (string)condition["reason"]! }))
                ? null
                : "a condition is odd";

    private static bool IsTime(JsonNode? time) =>
        ((string)time!).EndsWith("+00:00", StringComparison.Ordinal) && DateTimeOffset.TryParse((string)time!, out _);

    private static string Text(JsonObject body, string field) => (string)body[field]!;

    private static string? CheckAmounts(JsonNode amounts) =>
        Names(amounts.AsObject()).SequenceEqual(UsageFields) && AllTexts(amounts) ? null : "the amounts are odd";

    private static bool AllTexts(JsonNode map) => map.AsObject().All(entry => Kind(entry.Value) == JsonValueKind.String);

    private static JsonValueKind Kind(JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    private static IEnumerable<string> Names(JsonObject map) => map.Select(entry => entry.Key);
}
