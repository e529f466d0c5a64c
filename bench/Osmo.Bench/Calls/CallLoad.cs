using System.Diagnostics;
using Osmo.Bench.Running;

namespace Osmo.Bench.Calls;

/// <summary>Callers that each call a grain again and again, one call at a time.</summary>
internal static class CallLoad
{
    public const int Callers = 64;

    private const int SamplesMax = 2_000_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    /// <summary>Calls each second, and how long a call takes at the middle and at the slow end.</summary>
    /// <param name="calls">What each caller calls.</param>
    public static async Task<(double PerSecond, double P50Ms, double P99Ms)> RunAsync(IReadOnlyList<Func<ValueTask>> calls)
    {
        await CallAsync(calls, WarmUp);
        var (seconds, samples) = await CallAsync(calls, Measured);
        var sorted = samples.SelectMany(caller => caller)
            .Select(ticks => Stopwatch.GetElapsedTime(0, ticks).TotalMilliseconds).Order().ToArray();
        return (sorted.Length / seconds, Percentile.Of(sorted, 0.5), Percentile.Of(sorted, 0.99));
    }

    private static async Task<(double Seconds, List<long>[] Samples)> CallAsync(IReadOnlyList<Func<ValueTask>> calls, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var samples = await Task.WhenAll(calls.Select(call => Task.Run(async () =>
        {
            var took = new List<long>(SamplesMax / Callers);
            var now = Stopwatch.GetTimestamp();
            while (now < end)
            {
                await call();
                var then = now;
                now = Stopwatch.GetTimestamp();
                took.Add(now - then);
            }

            return took;
        })));
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, samples);
    }
}
