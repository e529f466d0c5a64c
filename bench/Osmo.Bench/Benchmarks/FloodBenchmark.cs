using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// One backend gets ten times the configuration changes of each of the others: what the others notice of it. Paced clients, one for each
/// backend; ten for the one that floods.
/// </summary>
internal sealed class FloodBenchmark : IBenchmark
{
    private const int Backends = 20;
    private const int FloodClients = 10;
    private const double RatioMax = 2;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    public string Name => "flood";

    public string Summary => "one backend floods at ten times its share: p99 of the others, during over before";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, Backends, cancel);
        var gateway = stage.Rig.GatewayUrls[0];
        var others = new RequestLoad(gateway, Backends - 1, (client, _) => ConfigRequests.Write(gateway, stage.Backends[client + 1]))
        {
            Pace = Pace,
        };
        var flood = new RequestLoad(gateway, FloodClients, (_, _) => ConfigRequests.Write(gateway, stage.Backends[0])) { Pace = Pace };
        var before = await others.RunAsync(WarmUp, Duration, cancel);
        var flooding = flood.RunAsync(TimeSpan.Zero, WarmUp + Duration, cancel);
        var during = await others.RunAsync(WarmUp, Duration, cancel);
        var flooded = await flooding;
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"p99 {before.P99Ms:F1} ms before and {during.P99Ms:F1} ms during, p50 {before.P50Ms:F1} and {during.P50Ms:F1} ms; "
            + $"the others {during.PerSecond / (Backends - 1):F0} writes/s each, the flood {flooded.PerSecond:F0}");
        return [new("p99 of the others, during over before", during.P99Ms / before.P99Ms, "times", RatioMax, GoalKind.AtMost, detail)];
    }
}
