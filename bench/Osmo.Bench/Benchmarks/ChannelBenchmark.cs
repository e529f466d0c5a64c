using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Channel;
using Osmo.Bench.Cluster;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Node updates through agent channels, over real WebSockets, to durable acknowledgement: every update changes a condition and so is
/// written, and the disk synced. First SQLite in this process, then PostgreSQL with a silo and a gateway of their own. Everything shares
/// the machine.
/// </summary>
internal sealed class ChannelBenchmark : IBenchmark
{
    private const int Nodes = 10_000;
    private const int WarmUpPasses = 10;
    private const int Rounds = 5;
    private const int PassesPerRound = 8;
    private const int ManyBackends = 50;
    private const int ManyNodes = 2_000;
    private const int ManyPasses = 4;
    private const double SnapshotSecondsMax = 2;
    private const double PerSecondMin = 50_000;
    private const double ManyPerSecondMin = 40_000;

    private const string Cold = "from the connection on, in a process that has compiled nothing yet";

    public string Name => "channel";

    public string Summary => $"node updates of one backend and of {ManyBackends} to durable acknowledgement, SQLite and PostgreSQL";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var figures = new List<Figure>();
        await using (var server = await BenchServer.StartAsync())
        {
            figures.AddRange(await MeasureAsync("SQLite", server.Url));
        }

        await using (var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, backends: 0, cancel))
        {
            figures.AddRange(await MeasureAsync("PostgreSQL", stage.Rig.GatewayUrls[0]));
        }

        return figures;
    }

    private static async Task<Figure[]> MeasureAsync(string store, Uri gateway)
    {
        var nodes = new FlippingNodes(RealisticNodes.Decoded(Nodes));
        var snapshot = nodes.Snapshot();
        var start = Stopwatch.GetTimestamp();
        await using var agent = await WindowedAgent.ConnectAsync(gateway, "one");
        await SendAsync(agent, snapshot, nodes.Sequence);
        var registered = Stopwatch.GetElapsedTime(start).TotalSeconds;

        await TimedAsync([agent], [nodes], WarmUpPasses);
        List<double> prepared = [], encoding = [];
        for (var round = 0; round < Rounds; round++)
        {
            prepared.Add(await TimedAsync([agent], [nodes], PassesPerRound));
            encoding.Add(await EncodingAsync(agent, nodes, PassesPerRound));
        }

        return
        [
            new($"{store}: first snapshot of {Nodes:N0} nodes, durable", registered, "s", SnapshotSecondsMax, GoalKind.AtMost, Cold),
            Of($"{store}: updates of one backend", prepared, PerSecondMin, $"{nodes.Conditions} conditions a node"),
            Of($"{store}: updates of one backend, encoded meanwhile", encoding, PerSecondMin, "the agent's encoder included"),
            await ManyAsync(store, gateway),
        ];
    }

    private static async Task<Figure> ManyAsync(string store, Uri gateway)
    {
        var healthy = RealisticNodes.Decoded(ManyNodes);
        var nodes = Enumerable.Range(0, ManyBackends).Select(_ => new FlippingNodes(healthy)).ToArray();
        var agents = new WindowedAgent[ManyBackends];
        for (var i = 0; i < ManyBackends; i++)
        {
            agents[i] = await WindowedAgent.ConnectAsync(gateway, $"many-{i}");
            await SendAsync(agents[i], nodes[i].Snapshot(), nodes[i].Sequence);
        }

        await TimedAsync(agents, nodes, ManyPasses);
        var rounds = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(await TimedAsync(agents, nodes, ManyPasses));
        }

        foreach (var agent in agents)
        {
            await agent.DisposeAsync();
        }

        return Of($"{store}: updates of {ManyBackends} backends", rounds, ManyPerSecondMin, $"{ManyNodes:N0} nodes each, all awake");
    }

    private static Figure Of(string name, List<double> rounds, double perSecondMin, string detail) => new(
        name,
        Percentile.Median(rounds),
        "updates/s",
        perSecondMin,
        GoalKind.AtLeast,
        string.Create(CultureInfo.InvariantCulture, $"{detail}; {rounds.Count} rounds from {rounds.Min():N0} to {rounds.Max():N0}"));

    /// <summary>Updates a second, of frames that are encoded before the clock starts.</summary>
    private static async Task<double> TimedAsync(WindowedAgent[] agents, FlippingNodes[] nodes, int passes)
    {
        var frames = nodes.Select(backend => backend.Encoded(passes)).ToArray();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(agents.Select((agent, i) => Task.Run(() => SendAsync(agent, frames[i], nodes[i].Sequence))));
        return passes * nodes.Sum(backend => backend.Count) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> EncodingAsync(WindowedAgent agent, FlippingNodes nodes, int passes)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var batch in nodes.Batches(passes))
        {
            await agent.SendAsync(batch);
        }

        await agent.AcknowledgedAsync(nodes.Sequence);
        return passes * nodes.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task SendAsync(WindowedAgent agent, IReadOnlyList<ReadOnlyMemory<byte>> frames, ulong last)
    {
        foreach (var frame in frames)
        {
            await agent.SendAsync(frame);
        }

        await agent.AcknowledgedAsync(last);
    }
}
