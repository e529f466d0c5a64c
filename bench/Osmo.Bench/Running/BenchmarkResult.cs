namespace Osmo.Bench.Running;

/// <summary>What a benchmark measured, or why it could not.</summary>
internal sealed record BenchmarkResult(string Name, IReadOnlyList<Figure> Figures, string? Error)
{
    public static async Task<BenchmarkResult> OfAsync(IBenchmark benchmark, CancellationToken cancel)
    {
        try
        {
            return new(benchmark.Name, await benchmark.RunAsync(cancel), null);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The others are still worth measuring.
            return new(benchmark.Name, [], error.ToString());
        }
    }
}
