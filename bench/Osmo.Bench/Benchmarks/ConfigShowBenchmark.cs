using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Osmo.Bench.Cluster;
using Osmo.Bench.Running;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// What <c>config show BACKEND</c> asks for, from the request to the parsed answer: the newest revision of the history with the documents
/// of 1,000 backends, as the older CLI reads it, and the live list, as the newer one does. One gateway process, one silo process.
/// </summary>
internal sealed class ConfigShowBenchmark : IBenchmark
{
    private const int Backends = 1_000;
    private const int WarmUps = 5;
    private const int Requests = 30;
    private const double LongestMsMax = 300;

    public string Name => "config-show";

    public string Summary => $"config show BACKEND with {Backends} backends, PostgreSQL, one client";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, Backends, cancel);
        using var http = new HttpClient { BaseAddress = stage.Rig.GatewayUrls[0] };
        return
        [
            await MeasureAsync(
                http,
                "config show BACKEND from the history, longest",
                "/api/configs/history?omit_data=False&config_types=BACKEND&order=DESC&limit=1",
                answer => answer.GetProperty("configs")[0].GetProperty("data").GetArrayLength(),
                cancel),
            await MeasureAsync(
                http,
                "config show BACKEND from the live list, longest",
                "/api/configs/backend",
                answer => answer.GetProperty("backends").GetArrayLength(),
                cancel),
        ];
    }

    private static async Task<Figure> MeasureAsync(
        HttpClient http, string name, string path, Func<JsonElement, int> count, CancellationToken cancel)
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Requests; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = JsonDocument.Parse(await http.GetByteArrayAsync(path, cancel));
            var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (count(answer.RootElement) != Backends)
            {
                throw new InvalidOperationException($"{path} answered {count(answer.RootElement)} backends.");
            }

            if (i >= WarmUps)
            {
                times.Add(elapsed);
            }
        }

        var detail = string.Create(CultureInfo.InvariantCulture, $"p50 {Percentile.Median(times):F0} ms of {Requests}");
        return new Figure(name, times.Max(), "ms", LongestMsMax, GoalKind.AtMost, detail);
    }
}
