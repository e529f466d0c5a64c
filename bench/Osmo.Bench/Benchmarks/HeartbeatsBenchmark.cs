using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Heartbeats through the agent's own path, on one thread: the body of a watch is split into lines, each is decoded and compared
/// with the known node, and goes no further. The bytes come from memory, so the network's share is not in it.
/// </summary>
internal sealed class HeartbeatsBenchmark : IBenchmark
{
    private const int Nodes = 4_000;
    private const double PerSecondMin = 20_000;

    public string Name => "heartbeats";

    public string Summary => "heartbeat-only watch events through the agent, one core";

    public Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var cluster = new SimulatedCluster();
        new FleetGenerator(new FleetOptions { Nodes = Nodes }).Fill(cluster);
        var sink = new NodeStore(new AsyncSignal());
        var store = new ReflectorStore(sink, TimeProvider.System, NullLogger.Instance);
        var decoder = new NodeDecoder();
        var listed = cluster.Nodes.Select(node => decoder.DecodeNode(node.ToJsonUtf8(), known: null, out _)!).ToArray();
        store.Apply(new NodeList(listed, ResourceVersion: "1", Malformed: []));

        using var body = new MemoryStream();
        foreach (var name in listed.Select(node => node.Name))
        {
            cluster.Heartbeat(name);
            body.Write(RealisticNodes.EventLine("MODIFIED", cluster.TryGet(name)!));
            body.WriteByte((byte)'\n');
        }

        using var client = new KubernetesClient(KubernetesConfiguration.ForServer(new Uri("http://127.0.0.1")));
        using var limit = new IdleLimit(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
        var watch = new NodeWatch(
            client.Connection, decoder, store, new ReflectorOptions(), TimeProvider.System, new Random(1), NullLogger.Instance);
        var (perSecond, perCpuSecond, bytes) = Repeated.Measure(Nodes, () =>
        {
            // A reader closes its stream at the end.
            var stream = new MemoryStream(body.GetBuffer(), 0, (int)body.Length);
            var reading = WatchLines.ReadAsync(stream, client.Connection.Options.NodeBytesMax, watch, limit);
            if (!reading.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException($"The watch did not go through: {reading.Exception}");
            }
        });
        if (store.State is { EventsApplied: not 0 } or { BrokenLines: not 0 } || store.State.EventsUnchanged != watch.Received)
        {
            throw new InvalidOperationException("A heartbeat was taken for a change.");
        }

        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{perCpuSecond:N0} for a second of CPU; {Nodes} nodes, {body.Length / Nodes:N0} bytes an event, "
            + $"{bytes:N0} bytes allocated for each");
        return Task.FromResult<IReadOnlyList<Figure>>(
            [new("heartbeats dropped", perSecond, "events/s", PerSecondMin, GoalKind.AtLeast, detail)]);
    }
}
