using System.Diagnostics;

namespace Osmo.Bench.Running;

/// <summary>Times an action that runs on one thread: a warm-up, then rounds of which the median counts.</summary>
internal static class Repeated
{
    private const int Rounds = 7;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RoundMin = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Median operations each second; operations for each second of the process' CPU time, which is what a core of its own would do
    /// where others share the machine; and bytes allocated by each operation. The last two over all rounds.
    /// </summary>
    /// <param name="operationsPerCall">How many operations one call of <paramref name="action"/> does.</param>
    /// <param name="action">The work.</param>
    public static (double PerSecond, double PerCpuSecond, double BytesPerOperation) Measure(int operationsPerCall, Action action)
    {
        RunFor(WarmUp, action);
        var rates = new double[Rounds];
        var calls = 0L;
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        var cpuBefore = Environment.CpuUsage.TotalTime;
        for (var round = 0; round < Rounds; round++)
        {
            var (roundCalls, elapsed) = RunFor(RoundMin, action);
            rates[round] = roundCalls * (double)operationsPerCall / elapsed.TotalSeconds;
            calls += roundCalls;
        }

        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Array.Sort(rates);
        var operations = calls * (double)operationsPerCall;
        return (rates[Rounds / 2], operations / cpu.TotalSeconds, allocated / operations);
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
