using System.Globalization;

namespace Osmo.Bench.Running;

/// <summary>How long a benchmark runs that shows its figure only after a while.</summary>
internal static class Minutes
{
    private const double Default = 10;

    /// <summary>The minutes that a variable of the environment says; ten if it says nothing.</summary>
    public static double Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given
        ? double.Parse(given, CultureInfo.InvariantCulture)
        : Default;
}
