using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Listener;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// <c>resource</c> messages of OSMO's own agents, each a change that is written, to their durable acknowledgement: over one connection
/// and over 100, each with the window of 100 messages that a real agent has. First PostgreSQL with one gateway process and one silo
/// process, then SQLite in one process. Everything shares the machine.
/// </summary>
internal sealed class ListenerBenchmark : IBenchmark
{
    private const int Many = 100;
    private const double OnePerSecondMin = 15_000;
    private const double ManyPerSecondMin = 30_000;
    private const double PacedPerSecond = 5_000;
    private const double P99MsMax = 50;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    public string Name => "listener";

    public string Summary => $"durable resource messages of OSMO's agents, one connection and {Many}, PostgreSQL and SQLite";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var figures = new List<Figure>();
        await using (var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, backends: 0, cancel))
        {
            figures.AddRange(await MeasureAsync("PostgreSQL", stage.Rig.GatewayUrls[0], cancel));
        }

        await using (var server = await BenchServer.StartAsync())
        {
            figures.AddRange(await MeasureAsync("SQLite", server.Url, cancel));
        }

        return figures;
    }

    private static async Task<Figure[]> MeasureAsync(string store, Uri gateway, CancellationToken cancel)
    {
        var one = await new ListenerLoad(gateway, 1).RunAsync(null, WarmUp, Duration, cancel);
        var many = await new ListenerLoad(gateway, Many).RunAsync(null, WarmUp, Duration, cancel);
        var pacedOne = await new ListenerLoad(gateway, 1).RunAsync(PacedPerSecond, WarmUp, Duration, cancel);
        var pacedMany = await new ListenerLoad(gateway, Many).RunAsync(PacedPerSecond, WarmUp, Duration, cancel);
        return
        [
            Rate($"{store}, one connection", one, OnePerSecondMin),
            Rate($"{store}, {Many} connections", many, ManyPerSecondMin),
            Latency($"{store}, one connection, {PacedPerSecond:N0}/s, p99", pacedOne),
            Latency($"{store}, {Many} connections, {PacedPerSecond:N0}/s, p99", pacedMany),
        ];
    }

    private static Figure Rate(string name, LoadResult result, double perSecondMin) => new(
        name,
        result.PerSecond,
        "messages/s",
        perSecondMin,
        GoalKind.AtLeast,
        string.Create(CultureInfo.InvariantCulture, $"acknowledgement p50 {result.P50Ms:F1} ms, p99 {result.P99Ms:F1} ms"));

    private static Figure Latency(string name, LoadResult result) => new(
        name,
        result.P99Ms,
        "ms",
        P99MsMax,
        GoalKind.AtMost,
        string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {result.P50Ms:F1} ms, longest {result.LatenciesMs[^1]:F0} ms, at {result.PerSecond:N0}/s"));
}
