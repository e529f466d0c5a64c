using System.Collections.Immutable;
using System.Globalization;
using Osmo.Domain.Nodes;

namespace Osmo.Gateway.Pools;

/// <summary>What of a node's resources OSMO's clients look at.</summary>
/// <param name="Cpu">Cores.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="StorageBytes">Ephemeral storage.</param>
/// <param name="Gpus">GPUs.</param>
internal readonly record struct NodeResources(decimal Cpu, decimal MemoryBytes, decimal StorageBytes, decimal Gpus)
{
    private const decimal Ki = 1024;
    private const decimal Gi = 1024 * 1024 * 1024;

    /// <summary>The amounts in a list; nothing of what it does not name.</summary>
    public static NodeResources Of(ImmutableArray<NodeResource> resources) => new(
        Amount(resources, "cpu"), Amount(resources, "memory"), Amount(resources, "ephemeral-storage"),
        Amount(resources, "nvidia.com/gpu"));

    /// <summary>What is left when some of it is taken; never less than nothing.</summary>
    public NodeResources Less(NodeResources taken) => new(
        Math.Max(0, Cpu - taken.Cpu),
        Math.Max(0, MemoryBytes - taken.MemoryBytes),
        Math.Max(0, StorageBytes - taken.StorageBytes),
        Math.Max(0, Gpus - taken.Gpus));

    /// <summary>Whole cores and pieces, memory and storage in <c>Ki</c>, each rounded down.</summary>
    public SortedDictionary<string, string> WithUnits() => new(StringComparer.Ordinal)
    {
        ["cpu"] = Whole(Cpu),
        ["memory"] = $"{Whole(MemoryBytes / Ki)}Ki",
        ["storage"] = $"{Whole(StorageBytes / Ki)}Ki",
        ["gpu"] = Whole(Gpus),
    };

    /// <summary>Whole cores and pieces, memory and storage in Gi without the unit, each rounded down.</summary>
    public SortedDictionary<string, object> Exposed() => new(StringComparer.Ordinal)
    {
        ["cpu"] = Whole(Cpu),
        ["memory"] = Whole(MemoryBytes / Gi),
        ["storage"] = Whole(StorageBytes / Gi),
        ["gpu"] = Whole(Gpus),
    };

    private static decimal Amount(ImmutableArray<NodeResource> resources, string name)
    {
        foreach (var resource in resources)
        {
            if (resource.Name == name)
            {
                return Quantity.TryParse(resource.Quantity, out var amount) ? amount : 0;
            }
        }

        return 0;
    }

    private static string Whole(decimal amount) => decimal.Floor(amount).ToString(CultureInfo.InvariantCulture);
}
