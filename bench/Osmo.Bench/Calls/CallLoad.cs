using System.Diagnostics;
using Osmo.Bench.Running;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;

namespace Osmo.Bench.Calls;

/// <summary>Callers that each ping a backend through its mailbox, again and again, one call at a time.</summary>
internal static class CallLoad
{
    public const int Callers = 64;
    public const int Backends = 16;

    private const int SamplesMax = 2_000_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    public static BackendName Name(int number) => BackendName.Parse($"calls-{number}");

    /// <summary>
    /// Calls each second, how long a call takes at the middle and at the slow end, and the time of processors that each takes, which
    /// says what the machine would do were it not shared.
    /// </summary>
    public static async Task<(double PerSecond, double P50Ms, double P99Ms, double CpuUs)> RunAsync(
        IGrainEngine engine, params Process[] processes)
    {
        await CallAsync(engine, WarmUp);
        var before = CpuOf(processes);
        var (seconds, samples) = await CallAsync(engine, Measured);
        var cpu = CpuOf(processes) - before;
        var sorted = samples.SelectMany(caller => caller)
            .Select(ticks => Stopwatch.GetElapsedTime(0, ticks).TotalMilliseconds).Order().ToArray();
        return (sorted.Length / seconds, Percentile.Of(sorted, 0.5), Percentile.Of(sorted, 0.99), cpu.TotalMicroseconds / sorted.Length);
    }

    private static TimeSpan CpuOf(Process[] processes) => processes.Aggregate(TimeSpan.Zero, (sum, process) =>
    {
        process.Refresh();
        return sum + process.TotalProcessorTime;
    });

    private static async Task<(double Seconds, List<long>[] Samples)> CallAsync(IGrainEngine engine, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var samples = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var backend = engine.GetBackend(Name(caller % Backends));
            var took = new List<long>(SamplesMax / Callers);
            var now = Stopwatch.GetTimestamp();
            while (now < end)
            {
                await backend.PingAsync(CancellationToken.None);
                var then = now;
                now = Stopwatch.GetTimestamp();
                took.Add(now - then);
            }

            return took;
        })));
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, samples);
    }
}
