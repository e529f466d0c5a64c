using System.Globalization;
using Osmo.Agent;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// The whole way, over real sockets in one process: a condition changes in the simulated cluster, its watch tells the agent, the agent
/// the silo, the silo judges, stores and asks for the label, the agent patches, and the simulated API server has applied the patch.
/// </summary>
internal sealed class LabelLatencyBenchmark : IBenchmark
{
    private const int Nodes = 10_000;
    private const int ChangesPerSecond = 500;
    private const double P50MsMax = 5;
    private const double P99MsMax = 50;
    private const string Backend = "latency";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LabelAllTimeout = TimeSpan.FromSeconds(120);

    public string Name => "label-latency";

    public string Summary => $"condition change to label patch, {Nodes} nodes, {ChangesPerSecond} changes/s, one process";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var cluster = new SimulatedCluster();
        new FleetGenerator(new FleetOptions { Nodes = Nodes }).Fill(cluster);
        await using var api = await KubeSimServer.StartAsync(new KubeSimOptions { Cluster = cluster }, cancel);
        await using var server = await BenchServer.StartAsync();
        var options = new AgentOptions
        {
            Host = server.Url,
            Backend = Backend,
            Namespace = "workflows",
            EnableNodeLabelUpdate = true,
            ApiQps = 5_000,
            ApiBurst = 5_000,
        };
        using var agent = new BackendAgent(options, KubernetesConfiguration.ForServer(api.BaseUri));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = Task.Run(() => agent.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            await UntilLabelledAsync(server, cluster, cancel);
            var churn = new MeasuredChurn(cluster, ChangesPerSecond);
            await churn.RunAsync(WarmUp, cancel);
            var latency = await churn.RunAsync(Measured, cancel);
            return Figures(latency);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private static Figure[] Figures(ChurnResult churn)
    {
        var sorted = churn.LatenciesMs.Order().ToArray();
        var rate = string.Create(
            CultureInfo.InvariantCulture,
            $"{churn.Changes} changes at {churn.ChangesPerSecond:F0}/s, {churn.CpuMsPerChange:F2} ms of CPU each, simulator included");
        var tail = string.Create(
            CultureInfo.InvariantCulture,
            $"p90 {Percentile.Of(sorted, 0.9):F1}, p99.9 {Percentile.Of(sorted, 0.999):F1}, max {sorted[^1]:F1} ms; "
            + $"{churn.PauseMsPerSecond:F1} ms/s of garbage collection pauses");
        return
        [
            new("change to label patch, p50", Percentile.Of(sorted, 0.5), "ms", P50MsMax, GoalKind.AtMost, rate),
            new("change to label patch, p99", Percentile.Of(sorted, 0.99), "ms", P99MsMax, GoalKind.AtMost, tail),
            new("changes without their patch", churn.Missing, "changes", 0, GoalKind.AtMost),
        ];
    }

    /// <summary>Until every node carries True, and the agent has nothing more to do.</summary>
    private static async Task UntilLabelledAsync(BenchServer server, SimulatedCluster cluster, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(LabelAllTimeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var isConfigured = false;
        while (!isConfigured || cluster.Nodes.Any(node => node.Labels.GetValueOrDefault(MeasuredChurn.Label) != "True"))
        {
            await poll.WaitForNextTickAsync(timeout.Token);
            if (!isConfigured)
            {
                isConfigured = await TryConfigureAsync(server);
            }
        }
    }

    private static async Task<bool> TryConfigureAsync(BenchServer server)
    {
        try
        {
            await server.ConfigureAsync(Backend, BenchServer.HealthyRules);
            return true;
        }
        catch (Domain.Errors.OsmoException)
        {
            // The agent has not registered its backend yet.
            return false;
        }
    }
}
