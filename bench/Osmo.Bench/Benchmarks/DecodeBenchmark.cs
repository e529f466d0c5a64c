using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Decodes watch events on one thread, against a bare <see cref="Utf8JsonReader"/> that only tokenizes the same bytes. Both take
/// turns within every round, so that a noisy machine disturbs both; the median of the rounds' ratios counts.
/// </summary>
internal sealed class DecodeBenchmark : IBenchmark
{
    private const int Nodes = 256;
    private const int Rounds = 25;
    private const int WarmUpRounds = 10;
    private const int PassesPerRound = 4;
    private const double RatioMax = 1.5;

    public string Name => "decode";

    public string Summary => "decode watch events of realistic nodes, over the time to tokenize the same bytes, one core";

    public Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var cluster = new SimulatedCluster();
        new FleetGenerator(new FleetOptions { Nodes = Nodes }).Fill(cluster);
        var decoder = new NodeDecoder();
        var known = new KnownNodes();
        var added = Lines("ADDED", cluster);
        foreach (var line in added)
        {
            known.Set(Decode(decoder, line, known).Node!);
        }

        string[] names = [.. cluster.Nodes.Select(node => node.Name)];
        Array.ForEach(names, name => cluster.Heartbeat(name));
        var heartbeats = Lines("MODIFIED", cluster);
        Array.ForEach(names, name => cluster.SetCondition(name, "GpuXidError", "True", "XidErrors", "a critical XID error was logged"));
        var changed = Lines("MODIFIED", cluster);
        return Task.FromResult<IReadOnlyList<Figure>>(
        [
            Compare("changed nodes", decoder, changed, known, isUnchanged: false),
            Compare("unchanged nodes", decoder, heartbeats, known, isUnchanged: true),
            Compare("nodes not seen before", decoder, added, new KnownNodes(), isUnchanged: false),
        ]);
    }

    private static Figure Compare(string what, NodeDecoder decoder, byte[][] lines, KnownNodes known, bool isUnchanged)
    {
        var ratios = new double[Rounds];
        var tokenizing = new double[Rounds];
        var decoding = new double[Rounds];
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var bare = MicrosecondsPerLine(lines, Tokenize);
            var decoded = MicrosecondsPerLine(lines, line =>
            {
                if (Decode(decoder, line, known).IsUnchanged != isUnchanged)
                {
                    throw new InvalidOperationException("A node was not recognized as what it is.");
                }
            });
            if (round >= 0)
            {
                (tokenizing[round], decoding[round], ratios[round]) = (bare, decoded, decoded / bare);
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        MicrosecondsPerLine(lines, line => Decode(decoder, line, known));
        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (PassesPerRound * lines.Length);
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{lines.Average(line => line.Length):N0} bytes an event: decoding {Percentile.Median(decoding):F1} us and {allocated} bytes "
            + $"allocated, tokenizing {Percentile.Median(tokenizing):F1} us");
        return new Figure($"decoding over tokenizing, {what}", Percentile.Median(ratios), "times", RatioMax, GoalKind.AtMost, detail);
    }

    private static double MicrosecondsPerLine(byte[][] lines, Action<byte[]> work)
    {
        var start = Stopwatch.GetTimestamp();
        for (var pass = 0; pass < PassesPerRound; pass++)
        {
            foreach (var line in lines)
            {
                work(line);
            }
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / (PassesPerRound * lines.Length);
    }

    private static void Tokenize(byte[] line)
    {
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
        }
    }

    private static WatchEvent Decode(NodeDecoder decoder, byte[] line, KnownNodes known) =>
        decoder.TryDecodeEvent(line, known, out var watchEvent, out var error) ? watchEvent : throw new InvalidOperationException(error);

    private static byte[][] Lines(string type, SimulatedCluster cluster) =>
        [.. cluster.Nodes.Select(node => RealisticNodes.EventLine(type, node))];
}
