using System.Collections.Concurrent;
using System.Diagnostics;
using Osmo.Bench.Cluster;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Testing.Cluster;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// A million nodes: 1,000 backends of 1,000 nodes on three silos and two gateways. How long all of them take to load, what memory the
/// processes need, and whether 3,000 changes a second that matter are taken for minutes, with memory flat.
/// </summary>
internal sealed class FleetBenchmark : IBenchmark
{
    private const int Backends = 1_000;
    private const int Nodes = 1_000;
    private const int ChangesPerSecond = 3_000;
    private const int LoadsAtOnce = 8;
    private const int WarmUpPart = 10;
    private const double BytesMax = 4e9;
    private const double GrowthMax = 1.1;
    private const double P99MsMax = 1_000;
    private const double LoadSecondsMax = 600;
    private const string MinutesVariable = "OSMO_FLEET_MINUTES";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly double _minutes = Minutes.Of(MinutesVariable);

    public string Name => "fleet";

    public string Summary =>
        $"{Backends} backends of {Nodes} nodes on 3 silos, {ChangesPerSecond} changes/s ({MinutesVariable}={_minutes})";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 2, backends: 0, cancel);
        var latencies = new ConcurrentQueue<double>();
        var models = RealisticNodes.Decoded(Nodes);
        var fleet = new ReportingBackend[Backends];
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Backends),
            new ParallelOptions { MaxDegreeOfParallelism = LoadsAtOnce, CancellationToken = cancel },
            async (number, _) => fleet[number] = await ReportingBackend.LoadAsync(
                stage.Rig.GatewayUrls[number % 2], number, models, latencies.Enqueue));
        var loadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var loadedBytes = ResidentBytes(stage.Rig);

        var duration = TimeSpan.FromMinutes(_minutes);
        await ChurnAsync(fleet, duration / WarmUpPart, cancel);
        var warmBytes = ResidentBytes(stage.Rig);
        latencies.Clear();
        var (rate, mostBytes) = await MeasureAsync(stage.Rig, fleet, duration, cancel);
        var endBytes = ResidentBytes(stage.Rig);
        foreach (var backend in fleet)
        {
            await backend.SettleAsync();
        }

        double[] sorted = [.. latencies.Order()];
        foreach (var backend in fleet)
        {
            await backend.DisposeAsync();
        }

        var parts = string.Join(' ', stage.Rig.Processes.Select(process => $"{process.Name} {process.ResidentBytes / 1e6:F0}"));
        return
        [
            new("load", loadSeconds, "s", LoadSecondsMax, GoalKind.AtMost, $"{Backends * Nodes / loadSeconds:F0} nodes/s"),
            new("memory of silos and gateways, most", mostBytes, "bytes", BytesMax, GoalKind.AtMost, $"in MB: {parts}"),
            new("memory in the end over that after the warm-up", endBytes / (double)warmBytes, "times", GrowthMax, GoalKind.AtMost,
                $"{loadedBytes / 1e6:F0} MB loaded, {warmBytes / 1e6:F0} MB warm, {endBytes / 1e6:F0} MB after {_minutes} minutes"),
            new("changes taken", rate, "changes/s", ChangesPerSecond * 0.99, GoalKind.AtLeast),
            new("change to acknowledgement, p99", Percentile.Of(sorted, 0.99), "ms", P99MsMax, GoalKind.AtMost,
                $"p50 {Percentile.Of(sorted, 0.5):F0} ms, longest {sorted[^1]:F0} ms, {sorted.Length} changes"),
        ];
    }

    private static async Task<(double PerSecond, long MostBytes)> MeasureAsync(
        ClusterRig rig, ReportingBackend[] fleet, TimeSpan duration, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watching = WatchAsync(rig, ended.Token);
        var rate = await ChurnAsync(fleet, duration, cancel);
        await ended.CancelAsync();
        return (rate, await watching);
    }

    private static async Task<long> WatchAsync(ClusterRig rig, CancellationToken ended)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var most = 0L;
        while (!ended.IsCancellationRequested)
        {
            most = Math.Max(most, ResidentBytes(rig));
            await poll.WaitForNextTickAsync(CancellationToken.None);
        }

        return most;
    }

    /// <summary>Changes nodes at the rate, on all backends in turn, and tells the rate that was reached.</summary>
    private static async Task<double> ChurnAsync(ReportingBackend[] fleet, TimeSpan duration, CancellationToken cancel)
    {
        var random = new Random(1);
        var start = Stopwatch.GetTimestamp();
        var made = 0;
        var order = Enumerable.Range(0, fleet.Length).ToArray();
        random.Shuffle(order);
        using var tick = new PeriodicTimer(Tick);
        while (Stopwatch.GetElapsedTime(start) is var now && now < duration)
        {
            for (var due = (int)(now.TotalSeconds * ChangesPerSecond); made < due; made++)
            {
                // An agent whose window is full holds up the rest: a rate that is not taken is seen as such.
                await fleet[order[made % order.Length]].ChangeAsync(random.Next(Nodes));
            }

            await tick.WaitForNextTickAsync(cancel);
        }

        return made / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long ResidentBytes(ClusterRig rig) => rig.Processes.Sum(process => process.ResidentBytes);
}
