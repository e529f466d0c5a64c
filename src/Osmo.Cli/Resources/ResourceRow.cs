using System.Globalization;
using System.Text.Json.Nodes;
using Osmo.Domain.Nodes;

namespace Osmo.Cli.Resources;

/// <summary>What a node has and what of it is used, in one pool and platform.</summary>
internal sealed record ResourceRow(string Node, string Pool, string Platform, string Type, decimal[] Used, decimal[] Capacity)
{
    public static readonly string[] Headings =
        ["Node", "Pool", "Platform", "Type", "Storage [Gi]", "CPU [#]", "Memory [Gi]", "GPU [#]"];

    private const decimal Gibi = 1024m * 1024 * 1024;

    // No machine has more of anything, and the sum over all nodes of a fleet still fits.
    private const decimal AmountMax = 1e21m;

    private static readonly string[] Fields = ["storage", "cpu", "memory", "gpu"];

    /// <summary>A row for each pool and platform that a resource of the gateway belongs to.</summary>
    public static IEnumerable<ResourceRow> Of(JsonObject resource)
    {
        var node = resource["exposed_fields"]?["node"]?.ToString() ?? resource["hostname"]?.ToString() ?? "";
        var pools = (resource["pool_platform_labels"] as JsonObject ?? [])
            .SelectMany(pool => (pool.Value as JsonArray ?? []).Select(platform => (Pool: pool.Key, Platform: platform!.ToString())))
            .ToList();
        if (pools.Count == 0)
        {
            pools.Add(("-", "-"));
        }

        foreach (var (pool, platform) in pools)
        {
            var capacity = resource["platform_allocatable_fields"]?[pool]?[platform] ?? resource["allocatable_fields"];
            yield return new ResourceRow(
                node, pool, platform, resource["resource_type"]?.ToString() ?? "-", Read(resource["usage_fields"]), Read(capacity));
        }
    }

    /// <summary>The cells: <c>used/capacity</c>, used rounded up and capacity down, so that nothing seems free that is not.</summary>
    public string[] Cells(bool free) => [Node, Pool, Platform, Type, .. Numbers(Used, Capacity, free)];

    public static string[] Sum(IReadOnlyCollection<ResourceRow> rows, bool free)
    {
        // A node that several pools share is there once.
        var nodes = rows.DistinctBy(row => row.Node).ToArray();
        decimal[] Total(Func<ResourceRow, decimal[]> of) => [.. Fields.Select((_, i) => nodes.Sum(row => of(row)[i]))];
        return ["Sum", "", "", "", .. Numbers(Total(row => row.Used), Total(row => row.Capacity), free)];
    }

    private static IEnumerable<string> Numbers(decimal[] used, decimal[] capacity, bool free) => Fields.Select((_, i) =>
    {
        var (up, down) = (Math.Ceiling(used[i]), Math.Floor(capacity[i]));
        return free
            ? Math.Max(0, down - up).ToString("0", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{up:0}/{down:0}");
    });

    private static decimal[] Read(JsonNode? fields) =>
    [
        .. Fields.Select(field =>
        {
            var value = fields?[field] ?? (fields as JsonObject)?.FirstOrDefault(item => Meaning(item.Key) == field).Value;
            return Amount(value?.ToString(), inGibi: field is "storage" or "memory");
        }),
    ];

    /// <summary>In Gi where bytes are asked for; a plain number is Gi already, for the gateway's own fields carry no unit.</summary>
    private static decimal Amount(string? text, bool inGibi)
    {
        if (!Quantity.TryParse(text, out var amount) || Math.Abs(amount) > AmountMax)
        {
            return 0;
        }

        var isPlain = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return inGibi && !isPlain ? amount / Gibi : amount;
    }

    private static string Meaning(string key) => key switch
    {
        "ephemeral-storage" => "storage",
        "nvidia.com/gpu" => "gpu",
        _ => key,
    };
}
