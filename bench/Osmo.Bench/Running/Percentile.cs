namespace Osmo.Bench.Running;

/// <summary>Values below which a share of samples lies.</summary>
internal static class Percentile
{
    public static double Median(IEnumerable<double> samples) => Of([.. samples.Order()], 0.5);

    /// <summary>The sample at a share (0 to 1) of sorted samples.</summary>
    public static double Of(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
