using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Three silos and two gateways with the default settings while every core is busy with something else as well, and backends are written
/// to: how many members are taken for dead although they live. A member that is ends by itself, which is what counts.
/// </summary>
internal sealed class FalseDeathsBenchmark : IBenchmark
{
    private const int Backends = 60;
    private const int Clients = 8;
    private const string MinutesVariable = "OSMO_FALSE_DEATHS_MINUTES";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly double _minutes = Minutes.Of(MinutesVariable);

    public string Name => "false-deaths";

    public string Summary => $"members taken for dead although they live, all cores busy ({MinutesVariable}={_minutes})";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 2, Backends, cancel);
        var gateway = stage.Rig.GatewayUrls[0];
        var before = Ends(stage);
        using var isOver = new CancellationTokenSource();
        var busy = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Spin(isOver.Token)).ToArray();
        var load = new RequestLoad(gateway, Clients, (client, i) =>
            ConfigRequests.Write(gateway, stage.Backends[(client + (i * Clients)) % Backends]))
        { Pace = Pace };
        var result = await load.RunAsync(TimeSpan.Zero, TimeSpan.FromMinutes(_minutes), cancel);
        await isOver.CancelAsync();
        Array.ForEach(busy, thread => thread.Join());
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{busy.Length} threads that only count, {result.PerSecond:F0} writes/s, p99 {result.P99Ms:F0} ms, {_minutes} minutes");
        return [new("members that ended", Ends(stage) - before, "members", 0, GoalKind.AtMost, detail)];
    }

    private static int Ends(ClusterStage stage) => stage.Rig.Processes.Sum(process => process.Ends);

    private static Thread Spin(CancellationToken isOver)
    {
        var thread = new Thread(() =>
        {
            while (!isOver.IsCancellationRequested)
            {
                Thread.SpinWait(1_000);
            }
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
