using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Calls;
using Osmo.Bench.Running;
using Osmo.Grains.Backends;
using Osmo.Testing.Postgres;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Small calls of backends' grains beside calls of a grain that does nothing, in the same run: in one process, and from one process to
/// another. The ratio is what counts; the machine is shared.
/// </summary>
internal sealed class CallsBenchmark : IBenchmark
{
    private const double RatioMin = 0.8;
    private const double P99MsMax = 2;

    public string Name => "calls";

    public string Summary => $"calls of backends' grains over bare Orleans calls, {CallLoad.Callers} callers, in a process and between two";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        await using var postgres = await PostgresServer.StartAsync(null, cancel);
        var database = await postgres.CreateDatabaseAsync(cancel);
        await using var here = await CallsMember.StartAsync(database, "here");
        using var there = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [CallsMember.Argument, database])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var address = (await there.StandardOutput.ReadLineAsync(cancel))!;
        var figures = new List<Figure>();
        figures.AddRange(await CompareAsync("in one process", here.Grains, here.Address, p99MsMax: null));
        figures.AddRange(await CompareAsync("between two processes", here.Grains, address, P99MsMax));
        there.StandardInput.Close();
        await there.WaitForExitAsync(cancel);
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> CompareAsync(string where, IGrainFactory grains, string silo, double? p99MsMax)
    {
        var backends = await FindAsync(
            number => grains.GetGrain<IBackendGrain>($"calls-{number}"), async grain => (await grain.PingAsync()).Address == silo);
        var bare = await FindAsync(
            number => grains.GetGrain<IBareGrain>($"calls-{number}"), async grain => await grain.PingAsync() == silo);
        var reference = await CallLoad.RunAsync([.. bare.Select(grain => (Func<ValueTask>)(async () => await grain.PingAsync()))]);
        var ours = await CallLoad.RunAsync([.. backends.Select(grain => (Func<ValueTask>)(async () => await grain.PingAsync()))]);
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{ours.PerSecond:N0}/s, p50 {ours.P50Ms:F3} ms, p99 {ours.P99Ms:F2} ms; "
            + $"bare {reference.PerSecond:N0}/s, p50 {reference.P50Ms:F3} ms");
        var ratio = ours.PerSecond / reference.PerSecond;
        List<Figure> figures = [new($"grain calls {where}, over bare ones", ratio, "", RatioMin, GoalKind.AtLeast, detail)];
        if (p99MsMax is { } goal)
        {
            figures.Add(new Figure($"grain call {where}, p99", ours.P99Ms, "ms", goal, GoalKind.AtMost));
        }

        return figures;
    }

    /// <summary>Grains that run where they should: which of them do is Orleans' choice.</summary>
    private static async Task<IReadOnlyList<TGrain>> FindAsync<TGrain>(Func<int, TGrain> make, Func<TGrain, Task<bool>> isThere)
    {
        var found = new List<TGrain>();
        for (var number = 0; found.Count < CallLoad.Callers; number++)
        {
            var grain = make(number);
            if (await isThere(grain))
            {
                found.Add(grain);
            }
        }

        return found;
    }
}
