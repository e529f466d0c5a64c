using System.Collections.Immutable;
using System.Globalization;
using Osmo.Grains.Nodes;

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

    /// <summary>What pods may use of a node.</summary>
    public static NodeResources Of(ImmutableArray<NodeResource> allocatable) => new(
        Amount(allocatable, "cpu"), Amount(allocatable, "memory"), Amount(allocatable, "ephemeral-storage"),
        Amount(allocatable, "nvidia.com/gpu"));

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
