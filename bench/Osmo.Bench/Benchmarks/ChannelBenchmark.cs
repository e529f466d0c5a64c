using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Channel;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Kubernetes;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Node updates through one agent channel, over a real WebSocket, to durable acknowledgement: every update changes a condition and so
/// is written to SQLite, which syncs the disk for every transaction. Client and server share the machine.
/// </summary>
internal sealed class ChannelBenchmark : IBenchmark
{
    private const int Nodes = 10_000;
    private const int WarmUpPasses = 10;
    private const int Rounds = 5;
    private const int PassesPerRound = 8;
    private const double PerSecondMin = 50_000;
    private const string Backend = "channel";

    public string Name => "channel";

    public string Summary => "node updates through one agent channel to durable acknowledgement";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var server = await BenchServer.StartAsync();
        await using var agent = await WindowedAgent.ConnectAsync(server.Url, Backend);
        await server.ConfigureAsync(Backend, BenchServer.HealthyRules);
        var healthy = RealisticNodes.Decoded(Nodes);
        NodeProjection[] failing = [.. healthy.Select((node, i) => RealisticNodes.WithFlipped(node, i % node.Conditions.Length))];
        var reports = new NodeReports();
        foreach (var frame in reports.Snapshot(healthy))
        {
            await agent.SendAsync(frame);
        }

        await agent.AcknowledgedAsync(reports.Sequence);
        var fleet = new Fleet(healthy, failing, reports);
        await PreparedAsync(agent, fleet, WarmUpPasses);
        List<Round> prepared = [], encoding = [];
        for (var round = 0; round < Rounds; round++)
        {
            prepared.Add(await PreparedAsync(agent, fleet, PassesPerRound));
            encoding.Add(await EncodingAsync(agent, fleet, PassesPerRound));
        }

        return
        [
            Of("updates acknowledged", prepared, $"{healthy[0].Conditions.Length} conditions a node"),
            Of("updates acknowledged, encoded meanwhile", encoding, "the agent's encoder included, as in an agent"),
        ];
    }

    private static Figure Of(string name, List<Round> rounds, string detail) => new(
        name,
        Percentile.Median(rounds.Select(round => round.PerSecond)),
        "updates/s",
        PerSecondMin,
        GoalKind.AtLeast,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{detail}; {rounds.Count} rounds from {rounds.Min(round => round.PerSecond):N0} to {rounds.Max(round => round.PerSecond):N0}; "
            + $"{Percentile.Median(rounds.Select(round => round.CpuMicroseconds)):F1} us of CPU an update, client and server"));

    /// <summary>Every pass flips every node. The frames are encoded before the clock starts.</summary>
    private static Task<Round> PreparedAsync(WindowedAgent agent, Fleet fleet, int passes)
    {
        ReadOnlyMemory<byte>[] frames = [.. fleet.Batches(passes).Select(batch => NodeReports.Encode(batch()))];
        return TimedAsync(agent, fleet, passes, async () =>
        {
            foreach (var frame in frames)
            {
                await agent.SendAsync(frame);
            }
        });
    }

    private static Task<Round> EncodingAsync(WindowedAgent agent, Fleet fleet, int passes) => TimedAsync(agent, fleet, passes, async () =>
    {
        foreach (var batch in fleet.Batches(passes))
        {
            await agent.SendAsync(batch());
        }
    });

    private static async Task<Round> TimedAsync(WindowedAgent agent, Fleet fleet, int passes, Func<Task> send)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await send();
        await agent.AcknowledgedAsync(fleet.Reports.Sequence);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var updates = passes * Nodes;
        return new Round(updates / elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / updates);
    }

    private readonly record struct Round(double PerSecond, double CpuMicroseconds);

    /// <summary>Nodes that fail and recover, all of them in turn.</summary>
    private sealed class Fleet(NodeProjection[] healthy, NodeProjection[] failing, NodeReports reports)
    {
        private bool _isFailing;

        public NodeReports Reports => reports;

        public IEnumerable<Func<Protocol.Agent.V1.AgentFrame>> Batches(int passes)
        {
            for (var pass = 0; pass < passes; pass++)
            {
                var (now, before) = _isFailing ? (healthy, failing) : (failing, healthy);
                _isFailing = !_isFailing;
                for (var start = 0; start < now.Length; start += NodeReports.BatchNodes)
                {
                    var first = start;
                    yield return () => reports.Changes(now, before, first, Math.Min(NodeReports.BatchNodes, now.Length - first));
                }
            }
        }
    }
}
