using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Configuration changes over REST, each durable in PostgreSQL before it is answered: 64 clients that each wait for their answer, spread
/// over 1,000 backends. One gateway process and one silo process.
/// </summary>
internal sealed class ConfigWritesBenchmark : IBenchmark
{
    private const int Backends = 1_000;
    private const int Clients = 64;
    private const double WritesPerSecondMin = 3_000;
    private const double P99MsMax = 100;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    public string Name => "config-writes";

    public string Summary => $"durable configuration changes, PostgreSQL, {Clients} clients over {Backends} backends";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, Backends, cancel);
        var gateway = stage.Rig.GatewayUrls[0];
        var load = new RequestLoad(
            gateway, Clients, (client, i) => ConfigRequests.Write(gateway, stage.Backends[(client + (i * Clients)) % Backends]));
        var result = await load.RunAsync(WarmUp, Duration, cancel);
        var detail = string.Create(CultureInfo.InvariantCulture, $"p50 {result.P50Ms:F1} ms, longest {result.LatenciesMs[^1]:F0} ms");
        return
        [
            new("configuration writes", result.PerSecond, "writes/s", WritesPerSecondMin, GoalKind.AtLeast),
            new("configuration write, p99", result.P99Ms, "ms", P99MsMax, GoalKind.AtMost, detail),
        ];
    }
}
