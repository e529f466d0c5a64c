using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Patching;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

public sealed class PatchTests
{
    // The examples of RFC 7396, appendix A, that have an object as target and patch.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merge_patch(string target, string patch, string expected)
    {
        var node = JsonNode.Parse(target)!.AsObject();
        MergePatch.Apply(node, JsonNode.Parse(patch)!.AsObject());
        AssertJson(expected, node);
    }

    [Theory]
    [InlineData("""{"status":{"conditions":[{"type":"Ready","status":"True","reason":"r"},{"type":"Disk","status":"False"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","status":"False"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","status":"False","reason":"r"},{"type":"Disk","status":"False"}]}}""")]
    [InlineData("""{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""",
        """{"status":{"conditions":[{"type":"New","status":"True"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"New","status":"True"}]}}""")]
    [InlineData("""{"status":{"conditions":[{"type":"Ready"},{"type":"Disk"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","$patch":"delete"}]}}""",
        """{"status":{"conditions":[{"type":"Disk"}]}}""")]
    [InlineData("""{"status":{"conditions":[{"type":"Ready"},{"type":"Disk"}]}}""",
        """{"status":{"conditions":[{"type":"New"},{"$patch":"replace"}]}}""",
        """{"status":{"conditions":[{"type":"New"}]}}""")]
    [InlineData("""{"status":{"conditions":[{"type":"A"},{"type":"B"}]}}""",
        """{"status":{"$setElementOrder/conditions":[{"type":"B"},{"type":"A"}]}}""",
        """{"status":{"conditions":[{"type":"B"},{"type":"A"}]}}""")]
    [InlineData("""{"status":{"addresses":[{"type":"InternalIP","address":"1"}]}}""",
        """{"status":{"addresses":[{"type":"InternalIP","address":"2"},{"type":"Hostname","address":"h"}]}}""",
        """{"status":{"addresses":[{"type":"InternalIP","address":"2"},{"type":"Hostname","address":"h"}]}}""")]
    [InlineData("""{"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}""",
        """{"spec":{"taints":[{"key":"b","effect":"NoExecute"}]}}""",
        """{"spec":{"taints":[{"key":"b","effect":"NoExecute"}]}}""")]
    [InlineData("""{"spec":{"taints":[{"key":"a"}],"podCIDR":"x"}}""", """{"spec":{"taints":null}}""", """{"spec":{"podCIDR":"x"}}""")]
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""",
        """{"metadata":{"finalizers":["c"],"$deleteFromPrimitiveList/finalizers":["a"]}}""",
        """{"metadata":{"finalizers":["b","c"]}}""")]
    [InlineData("""{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"$patch":"replace","c":"3"}}}""",
        """{"metadata":{"labels":{"c":"3"}}}""")]
    [InlineData("""{"spec":{"podCIDR":"x","externalID":"y"}}""", """{"spec":{"$retainKeys":["podCIDR"],"podCIDR":"z"}}""",
        """{"spec":{"podCIDR":"z"}}""")]
    public void Strategic_merge_patch(string target, string patch, string expected)
    {
        var node = JsonNode.Parse(target)!.AsObject();
        StrategicMergePatch.Apply(node, JsonNode.Parse(patch)!.AsObject(), NodeSchema.Node);
        AssertJson(expected, node);
    }

    [Theory]
    [InlineData("""{"status":{"conditions":[{"status":"True"}]}}""")]
    [InlineData("""{"spec":{"$patch":"explode"}}""")]
    [InlineData("""{"spec":{"$nonsense":1}}""")]
    public void Malformed_strategic_patches_are_refused(string patch)
    {
        var node = JsonNode.Parse("""{"spec":{},"status":{"conditions":[]}}""")!.AsObject();
        Assert.Throws<FormatException>(() => StrategicMergePatch.Apply(node, JsonNode.Parse(patch)!.AsObject(), NodeSchema.Node));
    }

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}]""",
        """{"a":[1,2,3,4]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/a","value":{"x":1}}]""", """{"a":{"x":1}}""")]
    [InlineData("""{"a":{"x/y":1,"m~n":2}}""", """[{"op":"test","path":"/a/x~1y","value":1},{"op":"remove","path":"/a/m~0n"}]""",
        """{"a":{"x/y":1}}""")]
    [InlineData("""{"a":{"x":1},"b":{}}""", """[{"op":"move","from":"/a/x","path":"/b/x"}]""", """{"a":{},"b":{"x":1}}""")]
    [InlineData("""{"a":{"x":1},"b":{}}""", """[{"op":"copy","from":"/a","path":"/b/c"}]""", """{"a":{"x":1},"b":{"c":{"x":1}}}""")]
    public void Json_patch(string target, string patch, string expected) =>
        AssertJson(expected, JsonPatch.Apply(JsonNode.Parse(target)!, JsonNode.Parse(patch)!.AsArray()));

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""[{"op":"remove","path":"/none"}]""")]
    [InlineData("""[{"op":"replace","path":"/none","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/none/deep","value":1}]""")]
    [InlineData("""[{"op":"remove","path":""}]""")]
    public void Json_patches_that_do_not_apply(string patch) =>
        Assert.Throws<JsonPatchFailedException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":1}""")!, JsonNode.Parse(patch)!.AsArray()));

    [Theory]
    [InlineData("""[{"op":"frobnicate","path":"/a"}]""")]
    [InlineData("""[{"op":"remove"}]""")]
    [InlineData("""[{"op":"remove","path":"a"}]""")]
    [InlineData("""[1]""")]
    public void Malformed_json_patches(string patch) =>
        Assert.Throws<FormatException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":1}""")!, JsonNode.Parse(patch)!.AsArray()));

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual.ToJsonString()}");
}
