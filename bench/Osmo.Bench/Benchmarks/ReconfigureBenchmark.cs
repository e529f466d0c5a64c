using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Channel;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// One configuration change of a backend with 100,000 nodes that flips the verdict of every node, labels on. Timed is the grain's
/// call: validation, the history entry's transaction, the new policy, every verdict, and the label updates handed to the agent's
/// outbox. What the outbox then sends over the connection is given beside it.
/// </summary>
internal sealed class ReconfigureBenchmark : IBenchmark
{
    private const int Nodes = 100_000;
    private const int WarmUpRounds = 2;
    private const int Rounds = 9;
    private const double MillisecondsMax = 250;
    private const string Backend = "reconfigure";
    private const string FailingRules = """{"node_conditions":{"additional_node_conditions":["NvlinkHealthy","InfinibandHealthy"]}}""";

    public string Name => "reconfigure";

    public string Summary => $"a configuration change that flips the verdict of all of {Nodes} nodes";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var server = await BenchServer.StartAsync();
        await using var agent = await WindowedAgent.ConnectAsync(server.Url, Backend, labels: true);
        await server.ConfigureAsync(Backend, FailingRules);
        await LoadAsync(agent);
        await agent.LabelUpdatesAsync(Nodes);

        List<double> calls = [], deliveries = [], cpu = [];
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var isHealthy = round % 2 == 0;
            var before = agent.LabelUpdates;
            var cpuBefore = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            await server.ConfigureAsync(Backend, isHealthy ? BenchServer.HealthyRules : FailingRules);
            var call = Stopwatch.GetElapsedTime(start);
            var callCpu = Environment.CpuUsage.TotalTime - cpuBefore;
            await agent.LabelUpdatesAsync(before + Nodes);
            var delivery = Stopwatch.GetElapsedTime(start);
            var status = await server.Backend(Backend).GetAsync(cancel);
            if (status.Available != (isHealthy ? Nodes : 0))
            {
                throw new InvalidOperationException($"{status.Available} nodes are available after the change.");
            }

            if (round >= 0)
            {
                calls.Add(call.TotalMilliseconds);
                cpu.Add(callCpu.TotalMilliseconds);
                deliveries.Add(delivery.TotalMilliseconds);
            }
        }

        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{Nodes:N0} verdicts flipped and label updates queued; {Rounds} changes from {calls.Min():F0} to {calls.Max():F0} ms, "
            + $"{Percentile.Median(cpu):F0} ms of CPU; "
            + $"all updates received by the agent {Percentile.Median(deliveries):F0} ms after the call began");
        return [new("configuration change", Percentile.Median(calls), "ms", MillisecondsMax, GoalKind.AtMost, detail)];
    }

    private static async Task LoadAsync(WindowedAgent agent)
    {
        var reports = new NodeReports();
        foreach (var frame in reports.Snapshot(RealisticNodes.Decoded(Nodes)))
        {
            await agent.SendAsync(frame);
        }

        await agent.AcknowledgedAsync(reports.Sequence);
    }
}
