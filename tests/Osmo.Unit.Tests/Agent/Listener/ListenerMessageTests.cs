using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>Messages are the recorded ones, field by field and in order.</summary>
public sealed class ListenerMessageTests
{
    private static readonly string[] Recordings =
    [
        "agent-register-3-nodes.jsonl", "agent-node-condition-change.jsonl", "agent-node-delete.jsonl", "agent-heartbeat-ack.jsonl",
        "agent-reconnect-replay.jsonl", "agent-control-node-conditions.jsonl", "agent-uid-conflict.jsonl",
    ];

    [Fact]
    public void Every_recorded_message_is_written_as_it_was_recorded()
    {
        HashSet<string> types = [];
        foreach (string recorded in Recordings.SelectMany(Sent))
        {
            JsonObject frame = JsonNode.Parse(recorded)!.AsObject();
            string type = (string)frame["type"]!;
            types.Add(type);
            byte[] body = Rewrite(type, frame["body"]!.AsObject());

            JsonObject written = JsonNode.Parse(ListenerMessages.Frame(type, body, (string)frame["uuid"]!))!.AsObject();

            Assert.True(JsonNode.DeepEquals(frame, written), $"{recorded}\n{written.ToJsonString()}");
            Assert.Equal(Names(frame), Names(written));
        }

        Assert.Equal(
            ["delete_resource", "heartbeat", "init", "logging", "node_hash", "resource", "resource_usage"],
            types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_node_is_told_as_OSMOs_agent_tells_it()
    {
        JsonObject raw = NodeJson.Small("node-1", 7);
        raw["metadata"]!["labels"] = new JsonObject
        {
            ["kubernetes.io/hostname"] = "node-1",
            ["feature.node.kubernetes.io/cpu-model.id"] = "85",
            ["feature.node.kubernetes.io"] = "true",
            ["nvidia.com/gpu.product"] = "H100",
        };
        raw["spec"]!["taints"] = new JsonArray(
            new JsonObject { ["key"] = "a", ["effect"] = "NoExecute", ["timeAdded"] = "2026-11-21T18:33:33Z" },
            new JsonObject { ["key"] = "b", ["value"] = "x", ["effect"] = "NoSchedule" });
        raw["status"]!["conditions"] = new JsonArray(
            new JsonObject { ["type"] = "MemoryPressure", ["status"] = "False" },
            new JsonObject { ["type"] = "Ready", ["status"] = "True" },
            new JsonObject { ["type"] = "Odd", ["status"] = "Unknown" });
        raw["status"]!["allocatable"] = new JsonObject { ["cpu"] = "31850m", ["memory"] = "1Ki", ["nvidia.com/gpu"] = 8 };

        Assert.Equal(
            """
            {"hostname":"node-1","available":true,"conditions":["Ready"],"processed_fields":{},
            "allocatable_fields":{"cpu":"31","memory":"1Ki","nvidia.com/gpu":"8"},
            "label_fields":{"kubernetes.io/hostname":"node-1","nvidia.com/gpu.product":"H100"},
            "taints":[{"effect":"NoExecute","key":"a","time_added":null,"value":null},
            {"effect":"NoSchedule","key":"b","time_added":null,"value":"x"}]}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(ListenerMessages.Resource("node-1", true, Decode(raw))));
    }

    [Theory]
    [InlineData("abc", "0")]
    [InlineData("0.5", "0")]
    [InlineData("128", "128")]
    [InlineData("127999m", "127")]
    public void Cores_are_cut_to_whole_ones(string quantity, string expected)
    {
        NodeProjection node = new() { Name = "n", Allocatable = [new NodeResource("cpu", quantity)] };
        JsonNode body = JsonNode.Parse(ListenerMessages.Resource("n", true, node))!;
        Assert.Equal(expected, (string?)body["allocatable_fields"]!["cpu"]);
    }

    private static IEnumerable<string> Sent(string file) => File.ReadLines(SharedMaterial.PathOf("protocol", "samples", file))
        .Select(line => JsonNode.Parse(line)!)
        .Where(line => (string?)line["kind"] == "ws" && (string?)line["dir"] == "client->server")
        .Select(line => (string)line["text"]!);

    private static byte[] Rewrite(string type, JsonObject body)
    {
        return type switch
        {
            "init" => ListenerMessages.Init(Text("k8s_uid"), Text("k8s_namespace"), Text("version"), Text("node_condition_prefix")),
            "logging" => ListenerMessages.Logging((int)body["type"]!, Text("text")),
            "heartbeat" => ListenerMessages.Heartbeat(DateTimeOffset.Parse(Text("time") + "Z", CultureInfo.InvariantCulture)),
            "resource" => ListenerMessages.Resource(Text("hostname"), (bool)body["available"]!, NodeOf(body)),
            "resource_usage" => ListenerMessages.Usage(
                Text("hostname"), new NodeUsage(Amount(body["usage_fields"]!), Amount(body["non_workflow_usage_fields"]!))),
            "delete_resource" => ListenerMessages.Deletion(Text("resource")),
            "node_hash" => ListenerMessages.NodeNames(body["node_hashes"]!.AsArray().Select(name => (string)name!)),
            _ => throw new InvalidDataException($"a recorded message of type {type}"),
        };

        string Text(string field) => (string)body[field]!;
    }

    private static NodeProjection NodeOf(JsonObject body) => new()
    {
        Name = (string)body["hostname"]!,
        Conditions = [.. body["conditions"]!.AsArray().Select(type => new NodeCondition((string)type!, "True"))],
        Allocatable = [.. body["allocatable_fields"]!.AsObject().Select(entry => new NodeResource(entry.Key, (string)entry.Value!))],
        Labels = [.. body["label_fields"]!.AsObject().Select(entry => new NodeLabel(entry.Key, (string)entry.Value!))],
        Taints =
        [
            .. body["taints"]!.AsArray().Select(taint =>
                new NodeTaint((string)taint!["key"]!, (string?)taint["value"] ?? "", (string)taint["effect"]!)),
        ],
    };

    private static RequestedAmount Amount(JsonNode fields) => RequestedAmount.Of(
        [.. fields.AsObject().Select(entry => new NodeResource(entry.Key, (string)entry.Value!))]);

    private static NodeProjection Decode(JsonObject raw) =>
        new NodeDecoder().DecodeNode(NodeJson.Bytes(raw), null, out MalformedNode? malformed)
            ?? throw new InvalidDataException($"{malformed}");

    /// <summary>The names of all fields, in order and in depth.</summary>
    private static ImmutableArray<string> Names(JsonNode? node) => node switch
    {
        JsonObject map => [.. map.SelectMany(entry => Names(entry.Value).Insert(0, entry.Key))],
        JsonArray list => [.. list.SelectMany(item => Names(item))],
        _ => [],
    };
}
