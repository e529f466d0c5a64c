using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;
using Osmo.Testing.Histories;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// SIGTERM to one of three silos while every backend is written to: calls that fail although the client tried twice, and the longest that
/// a change had to wait. Then the silo comes back and gets its share again, which must not be noticed either.
/// </summary>
internal sealed class DrainBenchmark : IBenchmark
{
    private const int Backends = 60;
    private const int Rounds = 3;
    private const double PauseMsMax = 300;

    /// <summary>Of each backend: until nothing more is compiled in the processes that stay.</summary>
    private const int WarmUpWrites = 150;
    private const int QuietWrites = 100;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public string Name => "drain";

    public string Summary => $"SIGTERM of one of three silos under load: failed calls and the longest pause, {Rounds} rounds";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 2, Backends, cancel);
        using var http = new HttpClient { BaseAddress = stage.Rig.GatewayUrls[0] };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var writers = stage.Backends.Select(backend => new Writer(http, backend)).ToArray();
        var running = Task.WhenAll(writers.Select(writer => Task.Run(() => writer.RunAsync(stop.Token), cancel)));
        await Task.WhenAll(writers.Select(writer => writer.WritesAsync(WarmUpWrites, cancel)));
        Array.ForEach(writers, writer => writer.Measure());

        await Task.WhenAll(writers.Select(writer => writer.WritesAsync(QuietWrites, cancel)));
        var quietMs = writers.Max(writer => writer.LongestMs);
        foreach (var silo in stage.Rig.Silos.Take(Rounds))
        {
            var exitCode = await silo.StopAsync();
            if (exitCode != 0)
            {
                throw new InvalidOperationException($"{silo.Name} ended with {exitCode}: {string.Join('\n', silo.Log.TakeLast(10))}");
            }

            await silo.StartAsync();
            await silo.ReadyAsync();
            await stage.SharesAreFairAsync(cancel);
        }

        await stop.CancelAsync();
        await running;
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{Rounds} silos stopped and started, {writers.Sum(writer => writer.Count)} writes of {Backends} backends; longest before the "
            + $"first {quietMs:F0} ms");
        return
        [
            new("calls that failed twice", writers.Sum(writer => writer.Failures), "calls", 0, GoalKind.AtMost),
            new("longest write pause of a backend", writers.Max(writer => writer.LongestMs), "ms", PauseMsMax, GoalKind.AtMost, detail),
        ];
    }

    /// <summary>Writes to one backend, one change after the other.</summary>
    private sealed class Writer(HttpClient http, string backend)
    {
        private readonly ConcurrentQueue<double> _latencies = new();
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public long Failures { get; private set; }

        public double LongestMs => _latencies.IsEmpty ? 0 : _latencies.Max();

        /// <summary>Forgets what the first writes took.</summary>
        public void Measure() => _latencies.Clear();

        public async Task WritesAsync(int more, CancellationToken cancel)
        {
            var until = Count + more;
            using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (Count < until)
            {
                await poll.WaitForNextTickAsync(cancel);
            }
        }

        public async Task RunAsync(CancellationToken stop)
        {
            using var pace = new PeriodicTimer(Pace);
            while (!stop.IsCancellationRequested)
            {
                var value = Guid.NewGuid().ToString();
                var start = Stopwatch.GetTimestamp();
                if (!await TryAsync(value) && !await TryAsync(value))
                {
                    Failures++;
                }

                _latencies.Enqueue(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                Interlocked.Increment(ref _count);
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }

        private async Task<bool> TryAsync(string value) =>
            (await ConfigRegister.WriteAsync(http, backend, value, ifMatch: null, key: value, CancellationToken.None)).Kind
                == AnswerKind.Ok;
    }
}
