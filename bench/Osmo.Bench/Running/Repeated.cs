using System.Diagnostics;

namespace Osmo.Bench.Running;

/// <summary>Times an action that runs on one thread: a warm-up, then rounds of which the median counts.</summary>
internal static class Repeated
{
    private const int Rounds = 7;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RoundMin = TimeSpan.FromMilliseconds(400);

    /// <summary>Median operations each second, and bytes allocated by each operation over all rounds.</summary>
    /// <param name="operationsPerCall">How many operations one call of <paramref name="action"/> does.</param>
    /// <param name="action">The work.</param>
    public static (double PerSecond, double BytesPerOperation) Measure(int operationsPerCall, Action action)
    {
        RunFor(WarmUp, action);
        var rates = new double[Rounds];
        var calls = 0L;
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            var (roundCalls, elapsed) = RunFor(RoundMin, action);
            rates[round] = roundCalls * (double)operationsPerCall / elapsed.TotalSeconds;
            calls += roundCalls;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Array.Sort(rates);
        return (rates[Rounds / 2], allocated / (calls * (double)operationsPerCall));
    }

    private static (long Calls, TimeSpan Elapsed) RunFor(TimeSpan atLeast, Action action)
    {
        var calls = 0L;
        var start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            action();
            calls++;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < atLeast);
        return (calls, elapsed);
    }
}
