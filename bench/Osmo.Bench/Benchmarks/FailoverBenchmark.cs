using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;
using Osmo.Testing.Histories;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// <c>kill -9</c> of one of three silos, with the default settings: for each of its backends, how long until a change is acknowledged
/// again. Every backend is asked from the moment of the kill on, over a gateway, and again where it is not answered.
/// </summary>
internal sealed class FailoverBenchmark : IBenchmark
{
    private const int Backends = 300;
    private const int Rounds = 6;
    private const double P99MsMax = 5_000;

    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    public string Name => "failover";

    public string Summary => $"kill -9 of one of three silos: its backends accept a write again, {Rounds} rounds";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 2, Backends, cancel);
        using var http = new HttpClient { BaseAddress = stage.Rig.GatewayUrls[0], Timeout = AnswerTimeMax };
        var times = new List<double>();
        var longest = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var victim = stage.Rig.Silos[round % stage.Rig.Silos.Count];
            var lost = await stage.BackendsOfAsync(victim.Name, cancel);
            var start = Stopwatch.GetTimestamp();
            await victim.KillAsync();
            var found = await Task.WhenAll(lost.Select(backend => AcceptedAsync(http, backend, start, cancel)));
            times.AddRange(found);
            longest.Add(found.Max());
            await victim.StartAsync();
            await victim.ReadyAsync();
            await stage.SharesAreFairAsync(cancel);
        }

        var sorted = times.Order().ToArray();
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{sorted.Length} backends lost in {Rounds} kills; p50 {Percentile.Of(sorted, 0.5):F0} ms, longest {sorted[^1]:F0} ms, "
            + $"longest of each kill {string.Join(' ', longest.Select(ms => ms.ToString("F0", CultureInfo.InvariantCulture)))} ms");
        return [new("kill to the next acknowledged write, p99", Percentile.Of(sorted, 0.99), "ms", P99MsMax, GoalKind.AtMost, detail)];
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
