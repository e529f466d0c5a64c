namespace Osmo.Bench.Running;

/// <summary>What a benchmark measured, or why it could not.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Figures">What it measured.</param>
/// <param name="OtherCores">Cores that other processes kept busy meanwhile; null where that is not known.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
internal sealed record BenchmarkResult(string Name, IReadOnlyList<Figure> Figures, double? OtherCores, string? Error)
{
    public static async Task<BenchmarkResult> OfAsync(IBenchmark benchmark, CancellationToken cancel)
    {
        var load = new MachineLoad();
        try
        {
            var figures = await benchmark.RunAsync(cancel);
            return new(benchmark.Name, figures, load.OtherCores(), null);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // The others are still worth measuring.
            return new(benchmark.Name, [], load.OtherCores(), error.ToString());
        }
    }
}
