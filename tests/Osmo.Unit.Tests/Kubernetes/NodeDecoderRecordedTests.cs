using System.Text;
using System.Text.Json;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class NodeDecoderRecordedTests
{
    public static TheoryData<string> WatchFiles() =>
        [.. Directory.GetFiles(SharedMaterial.PathOf("kube-wire"), "*.jsonl").Select(path => Path.GetFileName(path)!)];

    public static TheoryData<string> ListFiles() =>
        [.. Directory.GetFiles(SharedMaterial.PathOf("kube-wire"), "*.json")
            .Where(path => File.ReadAllText(path).StartsWith("{\"kind\":\"NodeList\"", StringComparison.Ordinal))
            .Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(WatchFiles))]
    public void Recorded_events_decode_as_a_document_model_reads_them(string file)
    {
        NodeDecoder decoder = new();
        foreach (string line in File.ReadAllLines(SharedMaterial.PathOf("kube-wire", file)).Where(line => line.Length > 0))
        {
            Assert.True(decoder.TryDecodeEvent(Encoding.UTF8.GetBytes(line), null, out WatchEvent watchEvent, out string? error), error);
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement body = document.RootElement.GetProperty("object");
            Assert.Equal(document.RootElement.GetProperty("type").GetString(), watchEvent.Type.ToString().ToUpperInvariant());
            if (watchEvent.Type == WatchEventType.Error)
            {
                Assert.Equal(body.GetProperty("code").GetInt32(), watchEvent.Status!.Code);
                continue;
            }

            Assert.Equal(body.GetProperty("metadata").GetProperty("resourceVersion").GetString(), watchEvent.ResourceVersion);
            Assert.Equal(line.Contains("initial-events-end", StringComparison.Ordinal), watchEvent.IsInitialEventsEnd);
            if (watchEvent.Type != WatchEventType.Bookmark)
            {
                Same(ReferenceDecoder.Decode(body), watchEvent.Node!);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ListFiles))]
    public void Recorded_lists_decode_the_same_however_they_are_cut_up(string file)
    {
        byte[] bytes = File.ReadAllBytes(SharedMaterial.PathOf("kube-wire", file));
        using JsonDocument document = JsonDocument.Parse(bytes);
        foreach (int step in (int[])[1, 7, 100, bytes.Length])
        {
            List<NodeProjection> nodes = [];
            NodeListParser parser = new(new NodeDecoder(), null, nodes.Add, malformed => Assert.Fail(malformed.ToString()));
            int start = 0;
            for (int end = Math.Min(step, bytes.Length); ; end = Math.Min(end + step, bytes.Length))
            {
                start += parser.Feed(bytes.AsSpan(start, end - start));
                if (end == bytes.Length)
                {
                    break;
                }
            }

            Assert.True(parser.IsComplete);
            JsonElement metadata = document.RootElement.GetProperty("metadata");
            Assert.Equal(metadata.GetProperty("resourceVersion").GetString(), parser.Header.ResourceVersion);
            JsonElement[] items = [.. document.RootElement.GetProperty("items").EnumerateArray()];
            Assert.Equal(items.Length, nodes.Count);
            foreach ((JsonElement item, NodeProjection node) in items.Zip(nodes))
            {
                Same(ReferenceDecoder.Decode(item), node);
            }
        }
    }

    [Theory]
    [InlineData("every-field.json")]
    [InlineData("node-example.json")]
    public void Published_nodes_decode_as_a_document_model_reads_them(string file)
    {
        byte[] bytes = File.ReadAllBytes(SharedMaterial.PathOf("data", "nodes", file));
        using JsonDocument document = JsonDocument.Parse(bytes);
        NodeProjection? node = new NodeDecoder().DecodeNode(bytes, known: null, out MalformedNode? malformed);
        Assert.Null(malformed);
        Same(ReferenceDecoder.Decode(document.RootElement), node!);
    }

    internal static void Same(NodeProjection expected, NodeProjection actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Uid, actual.Uid);
        Assert.Equal(expected.ResourceVersion, actual.ResourceVersion);
        Assert.Equal(expected.Labels, actual.Labels);
        Assert.Equal(expected.Taints, actual.Taints);
        Assert.Equal(expected.Conditions, actual.Conditions);
        Assert.Equal(expected.Allocatable, actual.Allocatable);
        Assert.Equal(expected.Capacity, actual.Capacity);
        Assert.True(expected.SameState(actual));
    }
}
