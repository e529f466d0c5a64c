using System.Collections.Immutable;
using System.Globalization;
using Osmo.Domain.Nodes;
using NodeResource = Osmo.Kubernetes.NodeResource;

namespace Osmo.Agent;

/// <summary>
/// What pods request, exactly. Quantities are counted as OSMO's agent counts them, so that the figures go on where that one was replaced:
/// K, M, G and T are powers of 1024, with or without an i, and cores come plain or in thousandths. Where that agent would end, they
/// are what Kubernetes defines; what is no quantity at all counts nothing.
/// </summary>
/// <param name="Cpu">In cores.</param>
/// <param name="Memory">In bytes.</param>
/// <param name="Storage">Ephemeral storage in bytes.</param>
/// <param name="Gpus">Pieces.</param>
internal readonly record struct RequestedAmount(decimal Cpu, decimal Memory, decimal Storage, decimal Gpus)
{
    // Far above any cluster, and far enough below what a decimal holds for sums of millions of pods.
    private const decimal AmountMax = 1_000_000_000_000_000_000m;

    private const string Suffixes = "KMGT";

    public string WholeCores => Text(decimal.Ceiling(Cpu));

    public string MemoryKi => Text(decimal.Ceiling(Memory / 1024)) + "Ki";

    public string StorageKi => Text(decimal.Ceiling(Storage / 1024)) + "Ki";

    public string WholeGpus => Text(decimal.Ceiling(Gpus));

    public static RequestedAmount operator +(in RequestedAmount left, in RequestedAmount right) =>
        new(left.Cpu + right.Cpu, left.Memory + right.Memory, left.Storage + right.Storage, left.Gpus + right.Gpus);

    public static RequestedAmount operator -(in RequestedAmount left, in RequestedAmount right) =>
        new(left.Cpu - right.Cpu, left.Memory - right.Memory, left.Storage - right.Storage, left.Gpus - right.Gpus);

    /// <summary>The sum of what the containers of a pod request.</summary>
    public static RequestedAmount Of(ImmutableArray<NodeResource> requests)
    {
        RequestedAmount sum = default;
        foreach (NodeResource request in requests)
        {
            sum += request.Name switch
            {
                "cpu" => new(Cores(request.Quantity), 0, 0, 0),
                "memory" => new(0, Bytes(request.Quantity), 0, 0),
                "ephemeral-storage" => new(0, 0, Bytes(request.Quantity), 0),
                "nvidia.com/gpu" => new(0, 0, 0, Bounded(Quantity.TryParse(request.Quantity, out decimal pieces) ? pieces : 0)),
                _ => default,
            };
        }

        return sum;
    }

    /// <summary>Cores; 0 for what is none.</summary>
    public static decimal Cores(string quantity)
    {
        bool isThousandths = quantity.EndsWith('m') || quantity.EndsWith('M');
        return Bounded(TryNumber(isThousandths ? quantity.AsSpan(0, quantity.Length - 1) : quantity, out decimal number)
            ? isThousandths ? number / 1000 : number
            : 0);
    }

    /// <summary>Bytes; 0 for what are none.</summary>
    public static decimal Bytes(string quantity)
    {
        string unit = quantity.EndsWith('i') ? quantity[..^1] : quantity;
        int power = unit.Length > 1 ? Suffixes.IndexOf(unit[^1], StringComparison.Ordinal) + 1 : 0;
        if (power > 0 && TryNumber(unit.AsSpan(0, unit.Length - 1), out decimal scaled))
        {
            return scaled < AmountMax ? Bounded(scaled * (1L << (10 * power))) : AmountMax;
        }

        if (quantity.EndsWith('m') && TryNumber(quantity.AsSpan(0, quantity.Length - 1), out decimal parts))
        {
            return Bounded(parts / 1024);
        }

        return Bounded(Quantity.TryParse(quantity, out decimal bytes) ? bytes : 0);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out decimal number) =>
        decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out number);

    private static decimal Bounded(decimal amount) => Math.Clamp(amount, 0, AmountMax);

    private static string Text(decimal whole) => whole.ToString("0", CultureInfo.InvariantCulture);
}
