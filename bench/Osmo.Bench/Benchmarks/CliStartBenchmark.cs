using System.Diagnostics;
using System.Globalization;
using Osmo.Bench.Channel;
using Osmo.Bench.Running;
using Osmo.Testing;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// The osmo command as people have it, compiled ahead of time: from the start of the process to its end, of which most is .NET's own
/// start. Once with nothing to ask, once with a gateway on this machine, and once with the configurations of 1,000 backends.
/// </summary>
internal sealed class CliStartBenchmark : IBenchmark
{
    private const int Runs = 21;
    private const int WarmUps = 3;
    private const int Backends = 1_000;
    private const double StartMsMax = 150;
    private const double ShowMsMax = 300;

    public string Name => "cli-start";

    public string Summary => $"start to end of 'osmo version', and of 'osmo config show BACKEND' with {Backends} backends";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("osmo-bench-cli-");
        try
        {
            await RunAsync(
                "dotnet",
                [
                    "publish", Checkout.PathOf("src", "Osmo.Cli"), "-c", "Release", "--use-current-runtime", "--self-contained", "false",
                    "-o", folder.FullName, "-v", "quiet", "-nodeReuse:false",
                ],
                cancel);
            var osmo = Path.Combine(folder.FullName, "osmo");
            await using var server = await BenchServer.StartAsync();
            for (var i = 0; i < Backends; i++)
            {
                await (await WindowedAgent.ConnectAsync(server.Url, $"backend-{i:0000}")).DisposeAsync();
            }

            return
            [
                await MeasureAsync("osmo version --client", StartMsMax, osmo, ["version", "--client"], cancel),
                await MeasureAsync("osmo version", StartMsMax, osmo, ["version", "--server", server.Url.ToString()], cancel),
                await MeasureAsync(
                    $"osmo config show BACKEND, {Backends} backends",
                    ShowMsMax,
                    osmo,
                    ["config", "show", "BACKEND", "--server", server.Url.ToString()],
                    cancel),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Figure> MeasureAsync(string name, double goalMs, string osmo, string[] args, CancellationToken cancel)
    {
        var samples = new double[Runs];
        for (var i = -WarmUps; i < Runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await RunAsync(osmo, args, cancel);
            if (i >= 0)
            {
                samples[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Array.Sort(samples);
        var detail = string.Create(CultureInfo.InvariantCulture, $"median of {Runs}; fastest {samples[0]:F0}, slowest {samples[^1]:F0} ms");
        return new(name, Percentile.Of(samples, 0.5), "ms", goalMs, GoalKind.AtMost, detail);
    }

    private static async Task RunAsync(string program, string[] args, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OSMO_CONFIG_FILE_DIR"] = Path.Combine(Path.GetTempPath(), "osmo-bench-without-profiles");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', args)}' failed: {await error} {await output}");
        }

        await output;
    }
}
