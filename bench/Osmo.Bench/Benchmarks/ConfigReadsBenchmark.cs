using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Reads of configurations over REST, linearizable: the owner confirms that it still is. 64 clients over 1,000 backends, one gateway
/// process and one silo process.
/// </summary>
internal sealed class ConfigReadsBenchmark : IBenchmark
{
    private const int Backends = 1_000;
    private const int Clients = 64;
    private const double ReadsPerSecondMin = 15_000;
    private const double P99MsMax = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    public string Name => "config-reads";

    public string Summary => $"linearizable reads of configurations, PostgreSQL, {Clients} clients over {Backends} backends";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, Backends, cancel);
        var gateway = stage.Rig.GatewayUrls[0];
        var requests = stage.Backends.Select(backend => ConfigRequests.Read(gateway, backend)).ToArray();
        var load = new RequestLoad(gateway, Clients, (client, i) => requests[(client + (i * Clients)) % Backends]);
        var result = await load.RunAsync(WarmUp, Duration, cancel);
        var detail = string.Create(CultureInfo.InvariantCulture, $"p50 {result.P50Ms:F1} ms, longest {result.LatenciesMs[^1]:F0} ms");
        return
        [
            new("configuration reads", result.PerSecond, "reads/s", ReadsPerSecondMin, GoalKind.AtLeast),
            new("configuration read, p99", result.P99Ms, "ms", P99MsMax, GoalKind.AtMost, detail),
        ];
    }
}
