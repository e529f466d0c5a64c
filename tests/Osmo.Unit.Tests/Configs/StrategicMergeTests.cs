using System.Text.Json.Nodes;
using Osmo.Configs.Documents;
using Osmo.Domain.Errors;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Configs;

public sealed class StrategicMergeTests
{
    private static string Vectors => SharedMaterial.PathOf("protocol", "samples", "vectors-merge-patch.jsonl");

    [Fact]
    public void Merges_as_the_vectors_say()
    {
        var count = 0;
        foreach (var vector in File.ReadLines(Vectors).Select(line => JsonNode.Parse(line)!))
        {
            var (document, patch) = ((JsonObject)vector["base"]!, (JsonObject)vector["patch"]!);
            var before = document.ToJsonString();
            var merged = StrategicMerge.Apply(document, patch);

            // Where the other implementation fails, an empty list in the place of one of numbers, this one replaces.
            var expected = vector["result"] ?? Emptied(document);
            Assert.True(JsonNode.DeepEquals(expected, merged), $"{patch.ToJsonString()} gave {merged.ToJsonString()}");
            Assert.Equal(before, document.ToJsonString());
            count++;
        }

        Assert.Equal(26, count);
    }

    [Theory]
    [InlineData("""{"l": [{"$index": -1}]}""")]
    [InlineData("""{"l": [{"$index": "0"}]}""")]
    [InlineData("""{"l": [{"$index": null}]}""")]
    [InlineData("""{"l": [{"$index": 0.5}]}""")]
    public void An_index_that_is_no_position_is_refused(string patch)
    {
        var failure = Assert.Throws<OsmoException>(() => StrategicMerge.Apply(Parse("""{"l": [{"x": 1}]}"""), Parse(patch)));
        Assert.Equal("l", Assert.Single(failure.Fields).Field);
    }

    [Fact]
    public void Positions_are_those_of_the_list_before_the_patch()
    {
        var merged = StrategicMerge.Apply(
            Parse("""{"l": [{"x": 1}, {"x": 2}, {"x": 3}]}"""),
            Parse("""{"l": [{"$index": 0, "$action": "delete"}, {"$index": 2, "y": 1}, {"x": 4}]}"""));
        Assert.Equal("""{"l":[{"x":2},{"x":3,"y":1},{"x":4}]}""", merged.ToJsonString());
    }

    private static JsonObject Emptied(JsonObject document)
    {
        var expected = (JsonObject)document.DeepClone();
        expected["b"]!["d"] = new JsonArray();
        return expected;
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
