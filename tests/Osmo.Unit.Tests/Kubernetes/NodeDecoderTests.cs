using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class NodeDecoderTests
{
    private readonly NodeDecoder _decoder = new();

    [Fact]
    public void A_heartbeat_gives_the_known_instance_back()
    {
        NodeProjection known = Decode(NodeJson.Realistic(7, 100, "2026-11-21T18:31:36Z"), null);
        NodeProjection again = Decode(NodeJson.Realistic(7, 101, "2026-11-21T18:36:36Z"), known);
        Assert.Same(known, again);
    }

    [Fact]
    public void Any_change_that_matters_gives_a_new_instance()
    {
        JsonObject before = NodeJson.Realistic(7, 100);
        NodeProjection known = Decode(before, null);
        Action<JsonObject>[] changes =
        [
            node => node["metadata"]!["uid"] = "another",
            node => node["metadata"]!["labels"]!["kubernetes.io/hostname"] = "another",
            node => node["metadata"]!["labels"]!["a-new-one"] = "",
            node => node["metadata"]!["labels"]!.AsObject().Remove("nvidia.com/gpu.feature-40.capability"),
            node => node["spec"]!["unschedulable"] = true,
            node => node["spec"]!["taints"]![0]!["value"] = "x",
            node => node["status"]!["conditions"]![3]!["status"] = "True",
            node => node["status"]!["allocatable"]!["nvidia.com/gpu"] = "7",
            node => node["status"]!["capacity"]!.AsObject().Remove("pods"),
        ];
        foreach (Action<JsonObject> change in changes)
        {
            JsonObject after = before.DeepClone().AsObject();
            change(after);
            NodeProjection node = Decode(after, known);
            Assert.NotSame(known, node);
            Assert.False(known.SameState(node));
            using JsonDocument document = JsonDocument.Parse(NodeJson.Bytes(after));
            NodeDecoderRecordedTests.Same(ReferenceDecoder.Decode(document.RootElement), node);
        }
    }

    [Fact]
    public void Equal_parts_of_different_nodes_are_one_object()
    {
        NodeProjection first = Decode(NodeJson.Realistic(1, 100), null);
        NodeProjection second = Decode(NodeJson.Realistic(2, 101), null);
        Assert.Same(first.Labels[^1], second.Labels[^1]);
        Assert.True(first.Conditions == second.Conditions);
        Assert.True(first.Allocatable == second.Allocatable);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"n"}}""")]
    [InlineData("""{"metadata":{"name":"n","labels":null},"spec":null,"status":null}""")]
    [InlineData("""{"metadata":{"name":"n","labels":{}},"spec":{"taints":null,"unschedulable":null},"status":{"conditions":null}}""")]
    [InlineData("""{"metadata":{"name":"n"},"status":{"allocatable":null,"capacity":null}}""")]
    [InlineData("""{"unknown":[{"a":[1,2,{"b":"}]"}]}],"metadata":{"new":{"x":1},"name":"n"},"spec":{"y":true},"status":{"z":[]}}""")]
    [InlineData(" \t\r\n{ \"metadata\" : { \"name\" : \"n\" } } \n")]
    public void What_is_absent_null_or_unknown_is_empty(string json)
    {
        NodeProjection node = Decode(json);
        Assert.Equal("n", node.Name);
        Assert.Empty(node.Labels);
        Assert.Empty(node.Taints);
        Assert.Empty(node.Conditions);
        Assert.Empty(node.Allocatable);
        Assert.False(node.Unschedulable);
    }

    [Fact]
    public void Of_duplicate_keys_the_last_counts_and_labels_come_sorted()
    {
        NodeProjection node = Decode(
            """{"metadata":{"name":"a","name":"n","labels":{"z":"1","b":"2","z":"3"},"labels":{"y":"1","a":"2","y":"3"}}}""");
        Assert.Equal("n", node.Name);
        Assert.Equal([new NodeLabel("a", "2"), new NodeLabel("y", "3")], node.Labels);
        Assert.Equal("3", node.FindLabel("y"));
        Assert.Null(node.FindLabel("z"));
    }

    [Fact]
    public void Escapes_are_resolved_in_keys_and_values()
    {
        NodeProjection node = Decode(""" {"meta\u0064ata":{"n\u0061me":"n\u002d1","labels":{"k\u00e9y\"":"v\\\ud83d\ude00"}}} """);
        Assert.Equal("n-1", node.Name);
        Assert.Equal(new NodeLabel("kéy\"", "v\\😀"), Assert.Single(node.Labels));
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"n","labels":{"a":1}}}""", "metadata.labels[\"a\"]", "a number")]
    [InlineData("""{"metadata":{"labels":{"a":{"b":[]}},"name":"n"}}""", "metadata.labels[\"a\"]", "an object")]
    [InlineData("""{"metadata":{"name":"n","labels":[]}}""", "metadata.labels", "an array")]
    [InlineData("""{"metadata":{"name":"n","uid":7}}""", "metadata.uid", "a number")]
    [InlineData("""{"metadata":{"name":"n"},"spec":{"unschedulable":"yes"}}""", "spec.unschedulable", "a string")]
    [InlineData("""{"metadata":{"name":"n"},"spec":{"taints":["x"]}}""", "spec.taints[]", "a string")]
    [InlineData("""{"metadata":{"name":"n"},"status":{"conditions":[{"status":true}]}}""", "status.conditions[].status", "a boolean")]
    [InlineData("""{"metadata":{"name":"n"},"status":{"conditions":[null]}}""", "status.conditions[]", "null")]
    [InlineData("""{"metadata":{"name":"n"},"status":{"allocatable":{"cpu":[]}}}""", "status.allocatable[\"cpu\"]", "an array")]
    [InlineData("""{"metadata":{"name":"n"},"status":7}""", "status", "a number")]
    public void A_malformed_node_is_named_with_its_field_and_nothing_is_said_of_its_health(string json, string field, string found)
    {
        NodeProjection node = _decoder.DecodeNode(Encoding.UTF8.GetBytes(json), null, out MalformedNode? malformed)!;
        Assert.Equal([new NodeCondition("Ready", "Unknown"), new NodeCondition("osmo.nvidia.com/Unreadable", "True")], node.Conditions);
        Assert.Equal("n", malformed!.Name);
        Assert.Equal(field, malformed.Field);
        Assert.Contains(found, malformed.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_cannot_be_read_any_more_keeps_what_is_not_its_health_and_is_read_again_when_it_can()
    {
        NodeProjection good = Decode(NodeJson.Small("n", 1), null);
        JsonObject broken = NodeJson.Small("n", 2);
        broken["metadata"]!["labels"]!["number"] = 7;
        byte[] bytes = Encoding.UTF8.GetBytes(broken.ToJsonString());
        NodeProjection unread = _decoder.DecodeNode(bytes, good, out _)!;
        Assert.Equal((good.Uid, good.Labels, good.Capacity), (unread.Uid, unread.Labels, unread.Capacity));
        Assert.Equal([new NodeCondition("Ready", "Unknown"), new NodeCondition("osmo.nvidia.com/Unreadable", "True")], unread.Conditions);
        Assert.Same(unread, _decoder.DecodeNode(bytes, unread, out _));
        Assert.True(Decode(NodeJson.Small("n", 3), unread).SameState(good));
    }

    [Theory]
    [InlineData("""{"type":"","status":"False"}""", "False")]
    [InlineData("""{"status":"True"}""", "True")]
    public void A_condition_without_a_type_is_one_like_any(string condition, string status)
    {
        string json = $$$"""{"metadata":{"name":"n"},"status":{"conditions":[{{{condition}}}]}}""";
        NodeProjection node = _decoder.DecodeNode(Encoding.UTF8.GetBytes(json), null, out MalformedNode? malformed)!;
        Assert.Null(malformed);
        Assert.Equal([new NodeCondition("", status)], node.Conditions);
    }

    [Fact]
    public void A_malformed_node_leaves_its_neighbours_in_a_list_alone()
    {
        List<string> nodes = [];
        List<string> malformed = [];
        new NodeListParser(_decoder, known: null, node => nodes.Add(node.Name), bad => malformed.Add(bad.Name)).Feed("""
            {"apiVersion":"v1","items":[{"kind":"Node","metadata":{"name":"a"}},{"metadata":{"name":"b","labels":{"x":false}}},
             {"metadata":{"uid":"u"}},{"metadata":{"name":"c"}}],"kind":"List","metadata":{"resourceVersion":""}}
            """u8);
        Assert.Equal(["a", "b", "c"], nodes);
        Assert.Equal(["b", ""], malformed);
    }

    [Theory]
    [InlineData("[]", "a list object")]
    [InlineData("""{"kind":"List","items":{}}""", "must be an array")]
    [InlineData("""{"kind":"List","items":[]} x""", "the end")]
    public void A_list_that_is_none_says_so(string text, string expected)
    {
        JsonFormatException e = Assert.Throws<JsonFormatException>(
            () => new NodeListParser(_decoder, known: null, _ => { }, _ => { }).Feed(Encoding.UTF8.GetBytes(text)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_of_one_and_a_half_megabytes_is_nothing_special()
    {
        JsonObject big = NodeJson.Realistic(1, 5);
        big["metadata"]!["annotations"]!["blob"] = new string('{', 1_500_000);
        Assert.True(_decoder.TryDecodeEvent(Encoding.UTF8.GetBytes(NodeJson.Event("ADDED", big)), null, out WatchEvent watchEvent, out _));
        Assert.True(watchEvent.Node!.SameState(Decode(NodeJson.Realistic(1, 5), null)));
    }

    [Fact]
    public void An_event_may_name_its_type_last()
    {
        byte[] line = Encoding.UTF8.GetBytes("""{"object":{"metadata":{"name":"n","resourceVersion":"7"}},"type":"DELETED"}""");
        Assert.True(_decoder.TryDecodeEvent(line, null, out WatchEvent watchEvent, out _));
        Assert.Equal(WatchEventType.Deleted, watchEvent.Type);
        Assert.Equal("n", watchEvent.Node!.Name);
        Assert.Equal("7", watchEvent.ResourceVersion);
    }

    [Fact]
    public void A_line_cut_anywhere_is_an_error()
    {
        byte[] line = Encoding.UTF8.GetBytes(NodeJson.Event("MODIFIED", NodeJson.Realistic(3, 9)).TrimEnd());
        for (int length = 0; length < line.Length; length++)
        {
            Assert.False(_decoder.TryDecodeEvent(line.AsSpan(0, length), null, out _, out string? error), $"cut after {length} bytes");
            Assert.NotEmpty(error!);
        }
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("""{"type":"MODIFIED"}""")]
    [InlineData("""{"type":"MODIFIED","object":{"metadata":{"name":"n"}}}{"type":"MODIFIED"}""")]
    [InlineData("""{"type":"MODIFIED","object":{"metadata":{"name":"n","managedFields":[{]}}}}""")]
    [InlineData("""{"type":"MODIFIED","object":{"metadata":{"name":"n" "uid":"u"}}}""")]
    [InlineData("""{"type":"MODIFIED","object":{"metadata":{"name":"n",}}}""")]
    [InlineData("""{"type":"MODIFIED","object":{"metadata":{"name":nul}}}""")]
    [InlineData("""{"type":7,"object":{"metadata":{"name":"n"}}}""")]
    public void A_garbled_line_is_an_error(string line) =>
        Assert.False(_decoder.TryDecodeEvent(Encoding.UTF8.GetBytes(line), null, out _, out _));

    [Fact]
    public void A_full_pool_starts_again_and_stays_right()
    {
        InternPool pool = new(entriesMax: 16);
        for (int i = 0; i < 1000; i++)
        {
            NodeLabel label = pool.Label(Encoding.UTF8.GetBytes($"key-{i % 40}"), Encoding.UTF8.GetBytes($"value-{i % 7}"));
            Assert.Equal(new NodeLabel($"key-{i % 40}", $"value-{i % 7}"), label);
            Assert.InRange(pool.Count, 1, 2 * 16);
        }
    }

    private NodeProjection Decode(JsonObject node, NodeProjection? known)
    {
        NodeProjection? decoded = _decoder.DecodeNode(NodeJson.Bytes(node), known, out MalformedNode? malformed);
        Assert.Null(malformed);
        return decoded!;
    }

    private NodeProjection Decode(string json)
    {
        NodeProjection? decoded = _decoder.DecodeNode(Encoding.UTF8.GetBytes(json), null, out MalformedNode? malformed);
        Assert.Null(malformed);
        return decoded!;
    }
}
