namespace Osmo.Gateway.Calls;

/// <summary>
/// Pauses that double up to a cap, each between half and all of that, so that those who failed together do not return together.
/// </summary>
internal static class Backoff
{
    private const int DoublingsMax = 20;

    /// <summary>The pause after so many failures in a row, counted from one.</summary>
    public static TimeSpan Pause(TimeSpan first, TimeSpan max, int failures)
    {
        var doublings = Math.Clamp(failures - 1, 0, DoublingsMax);
        var step = Math.Min(first.TotalMilliseconds * (1L << doublings), max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(step * (0.5 + (0.5 * Random.Shared.NextDouble())));
    }
}
