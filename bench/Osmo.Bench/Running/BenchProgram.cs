using System.Globalization;

namespace Osmo.Bench.Running;

/// <summary>The command line: which benchmarks to run and where the figures go.</summary>
internal static class BenchProgram
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Usage = 2;

    public static async Task<int> RunAsync(string[] args, IReadOnlyList<IBenchmark> all, TextWriter output, TextWriter error)
    {
        if (args is ["--help" or "-h", ..])
        {
            WriteHelp(all, output);
            return Done;
        }

        if (!TryParse(args, all, out var chosen, out var jsonPath, out var problem))
        {
            await error.WriteLineAsync($"bench: {problem}");
            WriteHelp(all, error);
            return Usage;
        }

        var results = new List<BenchmarkResult>();
        foreach (var benchmark in chosen)
        {
            await output.WriteLineAsync($"{benchmark.Name}: {benchmark.Summary}");
            var result = await BenchmarkResult.OfAsync(benchmark, CancellationToken.None);
            results.Add(result);
            foreach (var figure in result.Figures)
            {
                await output.WriteLineAsync(figure.ToString());
            }

            if (result.OtherCores is { } others)
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"  meanwhile other processes used {others:F1} of {Environment.ProcessorCount} cores"));
            }

            if (result.Error is { } failure)
            {
                await error.WriteLineAsync($"  {benchmark.Name} failed: {failure}");
            }
        }

        if (jsonPath is not null)
        {
            await ResultJson.WriteAsync(jsonPath, results);
        }

        // A missed goal is a figure like any other; only a benchmark that could not run is a failure.
        return results.Any(result => result.Error is not null) ? Failed : Done;
    }

    private static bool TryParse(
        string[] args, IReadOnlyList<IBenchmark> all, out List<IBenchmark> chosen, out string? jsonPath, out string problem)
    {
        chosen = [];
        jsonPath = null;
        problem = "";
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--json" && i + 1 < args.Length)
            {
                jsonPath = args[++i];
            }
            else if (all.FirstOrDefault(benchmark => benchmark.Name == args[i]) is { } benchmark)
            {
                chosen.Add(benchmark);
            }
            else
            {
                problem = args[i] == "--json" ? "--json needs a file" : $"there is no benchmark or option '{args[i]}'";
                return false;
            }
        }

        if (chosen.Count == 0)
        {
            chosen.AddRange(all);
        }

        return true;
    }

    private static void WriteHelp(IReadOnlyList<IBenchmark> all, TextWriter output)
    {
        output.WriteLine("usage: bench [NAME ...] [--json FILE]     without names, all of them:");
        foreach (var benchmark in all)
        {
            output.WriteLine($"  {benchmark.Name,-16} {benchmark.Summary}");
        }
    }
}
