using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Osmo.Bench.Calls;
using Osmo.Bench.Cluster;
using Osmo.Bench.Fleet;
using Osmo.Bench.Running;
using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;
using Osmo.Server.Hosting;
using Osmo.Testing.Network;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// The engines of this build side by side: calls in a process and between two, from a kill to the last backend writable, and memory. Each
/// process is composed as people run it, on a PostgreSQL that syncs. Orleans needs its tables: <c>OSMO_TEST_SQL</c> names the scripts.
/// </summary>
internal sealed class EnginesBenchmark : IBenchmark
{
    private const int KilledBackends = 300;
    private const int MemoryBackends = 1_000;
    private const int MemoryNodes = 100;
    private const int LoadsAtOnce = 8;

    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(60);

    private static readonly (string Label, string[] Options)[] Engines =
    [
        (ClusterEngine.Postgresql, ["--engine", ClusterEngine.Postgresql]),
#if OSMO_ORLEANS
        (ClusterEngine.Orleans, ["--engine", ClusterEngine.Orleans]),
#endif
    ];

    public string Name => "engines";

    public string Summary => $"every engine of this build: calls, kill, memory of {MemoryBackends} backends of {MemoryNodes} nodes";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var figures = new List<Figure>();
        foreach (var (label, options) in Engines)
        {
            figures.AddRange(await CallAsync(label, options, cancel));
            figures.Add(await KillAsync(label, options, cancel));
            if (label == ClusterEngine.Orleans)
            {
                figures.Add(await KillAsync($"{label}, probes as Orleans has them", [.. options, "--lease-seconds", "15"], cancel));
            }

            figures.Add(await LoadAsync(label, options, cancel));
        }

        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> CallAsync(string label, string[] options, CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 0, backends: 0, cancel, options);
        var settings = new ClusterSettings
        {
            Engine = options[1],
            Roles = ServerRoles.Gateway,
            Postgres = stage.Rig.ConnectionString,
            Id = "bench",
        };
        await using var gateway = await StartAsync(settings);
        var remote = await CallLoad.RunAsync(Engine(gateway), Process.GetCurrentProcess());
        await stage.Rig.Silos[0].StopAsync();
        await using var both = await StartAsync(settings with
        {
            Id = "bench-both",
            Roles = ServerRoles.Silo | ServerRoles.Gateway,
            ClusterUrl = Text(ReservedPorts.NextUrl()),
            ClientUrl = Text(ReservedPorts.NextUrl()),
        });
        var local = await CallLoad.RunAsync(Engine(both), Process.GetCurrentProcess());
        return [Calls(label, "in one process", local), Calls(label, "between two processes", remote)];
    }

    private static Figure Calls(string label, string where, (double PerSecond, double P50Ms, double P99Ms, double CpuUs) load) => new(
        $"{label}: grain calls {where}, {CallLoad.Callers} callers", load.PerSecond, "calls/s", Goal: null, GoalKind.AtLeast,
        string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {load.P50Ms:F2} ms, p99 {load.P99Ms:F2} ms, {load.CpuUs:F1} us of the caller's processor time for each"));

    private static async Task<Figure> KillAsync(string label, string[] options, CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 3, gateways: 1, KilledBackends, cancel, options);
        using var http = new HttpClient { BaseAddress = stage.Rig.GatewayUrls[0], Timeout = AnswerTimeMax };
        var victim = stage.Rig.Silos[1];
        var lost = await stage.BackendsOfAsync(victim.Name, cancel);
        var start = Stopwatch.GetTimestamp();
        await victim.KillAsync();
        var found = await Task.WhenAll(lost.Select(backend => FailoverBenchmark.AcceptedAsync(http, backend, start, cancel)));
        return new(
            $"{label}: kill -9 to the last backend writable", found.Max(), "ms", Goal: null, GoalKind.AtMost,
            string.Create(CultureInfo.InvariantCulture, $"{lost.Count} backends, first {found.Min():F0} ms"));
    }

    private static async Task<Figure> LoadAsync(string label, string[] options, CancellationToken cancel)
    {
        await using var stage = await ClusterStage.StartAsync(silos: 1, gateways: 1, backends: 0, cancel, options);
        var silo = stage.Rig.Silos[0];
        var empty = silo.ResidentBytes;
        var models = RealisticNodes.Decoded(MemoryNodes);
        var fleet = new ReportingBackend[MemoryBackends];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, MemoryBackends),
            new ParallelOptions { MaxDegreeOfParallelism = LoadsAtOnce, CancellationToken = cancel },
            async (number, _) =>
                fleet[number] = await ReportingBackend.LoadAsync(stage.Rig.GatewayUrls[0], number, models, _ => { }));
        var loaded = silo.ResidentBytes;
        foreach (var backend in fleet)
        {
            await backend.DisposeAsync();
        }

        return new(
            $"{label}: memory of a silo, {MemoryBackends} backends of {MemoryNodes} nodes", loaded, "bytes", Goal: null, GoalKind.AtMost,
            string.Create(CultureInfo.InvariantCulture, $"{empty / 1e6:F0} MB before"));
    }

    private static Task<OsmoServer> StartAsync(ClusterSettings settings) => OsmoServer.StartAsync(new OsmoServerOptions
    {
        Url = "http://127.0.0.1:0",
        LogLevel = LogLevel.Error,
        Cluster = settings,
    });

    private static IGrainEngine Engine(OsmoServer server) => server.Services.GetRequiredService<IGrainEngine>();

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
