using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Nodes;

namespace Osmo.Domain.Pools;

/// <summary>
/// Pools from the POOL and POD_TEMPLATE configurations. Labels and tolerations of a platform are those of the pod templates that the
/// pool and then the platform name, with what the platform itself says on top. What cannot be understood is passed over: the documents
/// were checked when they were made, and one odd template must not hide every pool.
/// </summary>
public static class PoolReader
{
    /// <summary>Every pool, by name.</summary>
    /// <param name="pools">The pools by name: what stands under <c>pools</c> in the POOL configuration.</param>
    /// <param name="podTemplates">The pod templates by name.</param>
    public static ImmutableArray<Pool> Read(JsonElement pools, JsonElement podTemplates) =>
    [
        .. Fields(pools)
            .OrderBy(pool => pool.Name, StringComparer.Ordinal)
            .Select(pool => ReadPool(pool.Name, pool.Value, podTemplates)),
    ];

    private static Pool ReadPool(string name, JsonElement pool, JsonElement podTemplates)
    {
        var templates = Names(pool, "common_pod_template");
        return new Pool(
            name,
            Text(pool, "backend"),
            [
                .. Fields(Field(pool, "platforms"))
                    .OrderBy(platform => platform.Name, StringComparer.Ordinal)
                    .Select(platform => ReadPlatform(platform.Name, platform.Value, templates, podTemplates)),
            ],
            Quota(Field(Field(pool, "resources"), "gpu")),
            IsTrue(pool, "enable_maintenance"));
    }

    private static PoolPlatform ReadPlatform(
        string name, JsonElement platform, IReadOnlyList<string> poolTemplates, JsonElement podTemplates)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var tolerations = new List<Toleration>();
        foreach (var template in poolTemplates.Concat(Names(platform, "override_pod_template")))
        {
            var spec = Field(Field(podTemplates, template), "spec");
            Take(Field(spec, "nodeSelector"), labels);
            tolerations.AddRange(ReadTolerations(Field(spec, "tolerations")));
        }

        Take(Field(platform, "labels"), labels);
        tolerations.AddRange(ReadTolerations(Field(platform, "tolerations")));
        return new PoolPlatform(name, [.. labels.Select(label => new NodeLabel(label.Key, label.Value))], [.. tolerations.Distinct()])
        {
            Allowances = new PodAllowances(
                IsTrue(platform, "host_network_allowed"),
                IsTrue(platform, "privileged_allowed"),
                [.. Names(platform, "default_mounts")],
                [.. Names(platform, "allowed_mounts")]),
        };
    }

    private static void Take(JsonElement nodeSelector, SortedDictionary<string, string> labels)
    {
        foreach (var label in Fields(nodeSelector))
        {
            labels[label.Name] = label.Value.ValueKind == JsonValueKind.String ? label.Value.GetString()! : label.Value.GetRawText();
        }
    }

    private static IEnumerable<Toleration> ReadTolerations(JsonElement list) =>
        list.ValueKind != JsonValueKind.Array
            ? []
            : list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Select(item => new Toleration(
                Text(item, "key"), Text(item, "operator") == "Exists", Text(item, "value"), Text(item, "effect")));

    /// <summary>-1 says: as many as there are.</summary>
    private static long? Quota(JsonElement gpu) =>
        Field(gpu, "maximum") is { ValueKind: JsonValueKind.Number } most
        && WholeNumber.TryParse(most.GetRawText(), out var limit) && limit >= 0
            ? limit
            : null;

    private static IReadOnlyList<string> Names(JsonElement parent, string name) =>
        Field(parent, name) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];

    private static string Text(JsonElement parent, string name) =>
        Field(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static bool IsTrue(JsonElement parent, string name) => Field(parent, name).ValueKind == JsonValueKind.True;

    private static JsonElement Field(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    private static JsonElement.ObjectEnumerator Fields(JsonElement parent) =>
        parent.ValueKind == JsonValueKind.Object ? parent.EnumerateObject() : default;
}
