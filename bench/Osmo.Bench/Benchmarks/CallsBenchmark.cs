using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Bench.Calls;
using Osmo.Bench.Running;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Small calls of grains through their mailboxes: inside of one process, and from a gateway's process to a silo's over loopback.
/// </summary>
internal sealed class CallsBenchmark : IBenchmark
{
    public string Name => "calls";

    public string Summary => $"grain calls of {CallLoad.Callers} callers to {CallLoad.Backends} backends, in a process and between two";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel) =>
        [.. await InProcessAsync(), .. await BetweenProcessesAsync()];

    private static async Task<IReadOnlyList<Figure>> InProcessAsync()
    {
        await using var silo = await BenchSilo.StartAsync();
        var (perSecond, p50, p99, cpuUs) = await CallLoad.RunAsync(silo.Engine, Process.GetCurrentProcess());
        var detail = string.Create(
            CultureInfo.InvariantCulture, $"{cpuUs:F1} us of processor time for each; p50 {p50:F3} ms, p99 {p99:F3} ms");
        return [new Figure("grain calls in one process", perSecond, "calls/s", 500_000, GoalKind.AtLeast, detail)];
    }

    private static async Task<IReadOnlyList<Figure>> BetweenProcessesAsync()
    {
        using var silo = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, BenchSilo.Argument)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var address = new Uri((await silo.StandardOutput.ReadLineAsync())!);
        await using (var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IShardRoutes>(new OneSiloRoutes(OneSiloRoutes.At(address), isSilo: false))
            .AddClusterRouting(_ => new ClusterMember(BenchSilo.ClusterId, "bench-gateway", ClusterRole.Gateway), new ClusterCredentials())
            .BuildServiceProvider())
        {
            var (perSecond, p50, p99, cpuUs) = await CallLoad.RunAsync(
                services.GetRequiredService<IGrainEngine>(), Process.GetCurrentProcess(), silo);
            var detail = string.Create(CultureInfo.InvariantCulture, $"{cpuUs:F1} us of processor time for each, in both processes");
            silo.StandardInput.Close();
            await silo.WaitForExitAsync();
            return
            [
                new Figure("grain calls between two processes", perSecond, "calls/s", 200_000, GoalKind.AtLeast, detail),
                new Figure("grain call between two processes, p50", p50, "ms", 0.3, GoalKind.AtMost),
                new Figure("grain call between two processes, p99", p99, "ms", 2, GoalKind.AtMost),
            ];
        }
    }
}
