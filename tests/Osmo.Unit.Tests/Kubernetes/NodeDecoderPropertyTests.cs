using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class NodeDecoderPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Bytes_changed_at_random_are_read_as_a_document_model_reads_them_or_refused(int seed)
    {
        Random random = new(seed);
        byte[] original = NodeJson.Bytes(NodeJson.Realistic(seed, 100));
        NodeDecoder decoder = new();
        for (int round = 0; round < 3_000; round++)
        {
            byte[] bytes = [.. original];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)"{}[]\",:\\x1tn \n"[random.Next(14)];
            }

            JsonElement? reference = Parse(bytes);
            try
            {
                NodeProjection? node = decoder.DecodeNode(bytes, null, out MalformedNode? malformed);
                Assert.True(node is not null || malformed is { Name: "" });
                if (reference is { ValueKind: JsonValueKind.Object } element && malformed is null)
                {
                    NodeDecoderRecordedTests.Same(ReferenceDecoder.Decode(element), node!);
                }
            }
            catch (JsonFormatException)
            {
                Assert.True(reference is null, $"seed {seed}, round {round}: refused what is valid JSON");
            }
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void The_end_of_a_container_is_where_a_tokenizer_finds_it(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] json = Encoding.UTF8.GetBytes((RandomValue(random, 0) is JsonNode node and (JsonObject or JsonArray)
                ? node
                : new JsonArray(RandomValue(random, 3)))!.ToJsonString());
            byte[] padded = [.. new string(' ', random.Next(70)).Select(c => (byte)c), .. json, .. "]}\"tail"u8];
            int start = padded.AsSpan().IndexOfAnyExcept((byte)' ');
            Assert.Equal(start + json.Length, JsonContainer.FindEnd(padded, start));
            int cut = random.Next(1, json.Length);
            Assert.Equal(-1, JsonContainer.FindEnd(padded.AsSpan(0, start + cut), start));
        }
    }

    private static JsonElement? Parse(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonNode? RandomValue(Random random, int depth) => random.Next(depth > 5 ? 3 : 6) switch
    {
        0 => JsonValue.Create(RandomText(random)),
        1 => JsonValue.Create(random.Next()),
        2 => null,
        3 => new JsonArray([.. Enumerable.Range(0, random.Next(5)).Select(_ => RandomValue(random, depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(5))
            .Select(i => KeyValuePair.Create(RandomText(random) + i, RandomValue(random, depth + 1)))),
    };

    private static string RandomText(Random random) =>
        new([.. Enumerable.Range(0, random.Next(40)).Select(_ => "{}[]\"\\\\,:ab é"[random.Next(13)])]);
}
