using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Bench.Channel;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Kubernetes;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Growth of the managed heap for 100,000 realistic nodes: in an agent (its watch's known nodes, its store, and everything reported),
/// then in a silo that has been told of all of them, while every node's grain is awake, and when only backends are. Every node's JSON is
/// generated, decoded and forgotten.
/// </summary>
internal sealed class MemoryBenchmark : IBenchmark
{
    private const int Nodes = 100_000;
    private const double AgentBytesMax = 2_048;
    private const double AwakeBytesMax = 4_500;
    private const double RestingBytesMax = 1_500;
    private const string Backend = "memory";

    public string Name => "memory";

    public string Summary => $"managed heap for each of {Nodes} nodes, in the agent and in the silo";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var server = await BenchServer.StartAsync();
        await using var agent = await WindowedAgent.ConnectAsync(server.Url, Backend, labels: true);
        var empty = HeapBytes();
        var watched = new WatchedFleet();
        FillAgent(watched);
        var withAgent = HeapBytes();
        await ReportAsync(agent, watched.Nodes);
        var awake = HeapBytes();
        await RestAsync(server);
        var status = await server.Backend(Backend).GetAsync(cancel);
        var resting = HeapBytes();

        if (watched.Nodes.Count != Nodes || status.Nodes != Nodes)
        {
            throw new InvalidOperationException($"The agent has {watched.Nodes.Count} nodes, the silo {status.Nodes}.");
        }

        GC.KeepAlive(watched);
        return
        [
            Of("agent", withAgent - empty, AgentBytesMax),
            Of("silo, nodes awake", awake - withAgent, AwakeBytesMax),
            Of("silo, nodes resting", resting - withAgent, RestingBytesMax),
        ];
    }

    private static async Task RestAsync(BenchServer server)
    {
        var management = server.Grains.GetGrain<IManagementGrain>(0);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            await management.ForceActivationCollection(TimeSpan.Zero);
            await poll.WaitForNextTickAsync();
        }
        while (await management.GetTotalActivationCount() > Nodes / 100);
    }

    private static Figure Of(string where, long bytes, double bytesPerNodeMax) => new(
        $"memory per node, {where}",
        bytes / (double)Nodes,
        "bytes",
        bytesPerNodeMax,
        GoalKind.AtMost,
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F0} MB for {Nodes:N0} nodes"));

    // Methods of their own, so that no local of theirs keeps anything alive that an agent or silo would not.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillAgent(WatchedFleet fleet)
    {
        foreach (var json in RealisticNodes.Json(Nodes))
        {
            fleet.Take(json);
        }

        fleet.Nodes.BeginReport();
        fleet.Nodes.Synced();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ReportAsync(WindowedAgent agent, NodeStore nodes)
    {
        var reports = new NodeReports();
        var isLeft = true;
        while (isLeft)
        {
            var frame = reports.Next(builder => isLeft = nodes.TryFill(builder));
            if (isLeft)
            {
                await agent.SendAsync(frame);
                await agent.AcknowledgedAsync(reports.Sequence);
            }
        }

        await agent.LabelUpdatesAsync(Nodes);
    }

    private static long HeapBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>What an agent keeps of the nodes it watches.</summary>
    private sealed class WatchedFleet
    {
        private readonly NodeDecoder _decoder = new();
        private readonly ReflectorStore _reflected;

        public WatchedFleet() => _reflected = new ReflectorStore(Nodes, TimeProvider.System, NullLogger.Instance);

        public NodeStore Nodes { get; } = new(new AsyncSignal());

        public void Take(byte[] json)
        {
            var node = _decoder.DecodeNode(json, known: null, out _)!;
            _reflected.Apply(new WatchEvent { Type = WatchEventType.Added, Node = node, ResourceVersion = node.ResourceVersion });
        }
    }
}
