using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// One of three silos is killed (<c>kill -9</c>), or stands still (SIGSTOP), with the default settings: for each of its backends, how long
/// until a change is acknowledged again. Every backend is asked from that moment on, over a gateway, and again if it is not answered.
/// </summary>
internal sealed class FailoverBenchmark : IBenchmark
{
    private const int Backends = 300;
    private const int Kills = 6;
    private const int Pauses = 3;
    private const double KillP99MsMax = 5_000;
    private const double PauseP99MsMax = 15_000;

    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    public string Name => "failover";

    public string Summary => "one of three silos is killed or stands still: its backends accept a write again";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 2, Backends, cancel);
        using var http = new HttpClient { BaseAddress = stage.Rig.GatewayUrls[0], Timeout = AnswerTimeMax };
        return
        [
            await MeasureAsync("kill -9", stage, http, Kills, KillP99MsMax, silo => silo.KillAsync(), cancel),
            await MeasureAsync("SIGSTOP", stage, http, Pauses, PauseP99MsMax, silo => silo.Process.PauseAsync(), cancel),
        ];
    }

    private static async Task<Figure> MeasureAsync(
        string name,
        ClusterStage stage,
        HttpClient http,
        int rounds,
        double p99MsMax,
        Func<ClusterProcess, Task> harm,
        CancellationToken cancel)
    {
        List<double> times = [], longest = [];
        for (var round = 0; round < rounds; round++)
        {
            var victim = stage.Rig.Silos[round % stage.Rig.Silos.Count];
            var lost = await stage.BackendsOfAsync(victim.Name, cancel);
            var start = Stopwatch.GetTimestamp();
            await harm(victim);
            var found = await Task.WhenAll(lost.Select(backend => AcceptedAsync(http, backend, start, cancel)));
            times.AddRange(found);
            longest.Add(found.Max());
            if (victim.IsRunning)
            {
                await victim.KillAsync();
            }

            await victim.StartAsync();
            await victim.ReadyAsync();
            await stage.SharesAreFairAsync(cancel);
        }

        var sorted = times.Order().ToArray();
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{sorted.Length} backends lost in {rounds} times; p50 {Percentile.Of(sorted, 0.5):F0} ms, longest of each "
            + $"{string.Join(' ', longest.Select(ms => ms.ToString("F0", CultureInfo.InvariantCulture)))} ms");
        return new($"{name} to the next acknowledged write, p99", Percentile.Of(sorted, 0.99), "ms", p99MsMax, GoalKind.AtMost, detail);
    }

    /// <summary>Asks for a change of a backend until it is acknowledged; the milliseconds since a start.</summary>
    public static async Task<double> AcceptedAsync(HttpClient http, string backend, long start, CancellationToken cancel)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var value = Guid.NewGuid().ToString();
            var answer = await ConfigRegister.WriteAsync(http, backend, value, ifMatch: null, key: value, cancel);
            if (answer.Kind == AnswerKind.Ok)
            {
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            await pause.WaitForNextTickAsync(cancel);
        }
    }
}
