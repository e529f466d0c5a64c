using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

/// <summary>The pods and events that tests put into a simulated cluster, held to the API reference of Kubernetes.</summary>
public sealed class PodShapeTests
{
    private const string Core = "io.k8s.api.core.v1.";

    private static readonly JsonObject Schemas = JsonNode.Parse(File.ReadAllBytes(
        SharedMaterial.PathOf("data", "kube-openapi", "api__v1_openapi.json")))!["components"]!["schemas"]!.AsObject();

    public static readonly TheoryData<Func<PodJson, PodJson>> Lives = new()
    {
        pod => pod,
        pod => pod.Unschedulable(),
        pod => pod.Scheduled().Waits(PodJson.Main, "ImagePullBackOff", "text"),
        pod => pod.Scheduled().Running(),
        pod => pod.Scheduled().Running().Ended(3).Phase("Failed", "Evicted", "text"),
        pod => pod.Scheduled().Running().Ends(PodJson.Main, 137, "OOMKilled", "text").BeingDeleted(),
    };

    [Theory]
    [MemberData(nameof(Lives), DisableDiscoveryEnumeration = true)]
    public void A_pod_has_only_what_the_reference_names_and_all_that_it_requires(Func<PodJson, PodJson> live) =>
        Assert.Empty(Problems(live(new PodJson("a")).Json, Core + "Pod", "pod"));

    [Fact]
    public void So_has_an_event()
    {
        JsonObject entry = new PodJson("a").Event("Pulling", "text");
        Assert.Empty(Problems(entry, Core + "Event", "event"));
        entry["mesage"] = "text";
        entry["count"] = "2";
        Assert.Equal(["event.mesage is unknown", "event.count is a String"], Problems(entry, Core + "Event", "event").Order().Reverse());
    }

    private static IEnumerable<string> Problems(JsonNode? value, string schema, string at)
    {
        // Maps of any shape, and times, have a schema without properties.
        if (Schemas[schema]!["properties"] is not JsonObject properties || value is not JsonObject map)
        {
            yield break;
        }

        foreach (JsonNode? required in Schemas[schema]!["required"] as JsonArray ?? [])
        {
            if (!map.ContainsKey((string)required!))
            {
                yield return $"{at}.{required} is missing";
            }
        }

        foreach ((string name, JsonNode? member) in map)
        {
            IEnumerable<string> found = properties[name] is JsonObject property
                ? OfProperty(member, property, $"{at}.{name}")
                : [$"{at}.{name} is unknown"];
            foreach (string problem in found)
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<string> OfProperty(JsonNode? member, JsonObject property, string at)
    {
        string? reference = ((string?)property["$ref"] ?? (string?)property["allOf"]?[0]?["$ref"])?.Split('/')[^1];
        if (member is null || reference is not null)
        {
            return member is null ? [] : Problems(member, reference!, at);
        }

        bool fits = (string?)property["type"] switch
        {
            "string" => member.GetValueKind() == JsonValueKind.String,
            "integer" => member.GetValueKind() == JsonValueKind.Number,
            "boolean" => member.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "array" => member is JsonArray,
            _ => member is JsonObject,
        };
        return !fits ? [$"{at} is a {member.GetValueKind()}"]
            : member is JsonArray list ? list.SelectMany((item, i) => OfProperty(item, property["items"]!.AsObject(), $"{at}[{i}]"))
            : [];
    }
}
