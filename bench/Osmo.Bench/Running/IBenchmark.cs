namespace Osmo.Bench.Running;

/// <summary>One measurement, or several that share their preparation.</summary>
internal interface IBenchmark
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>One line for the list of benchmarks.</summary>
    string Summary { get; }

    /// <summary>Prepares, warms up, measures, and cleans up. One figure for each goal.</summary>
    Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel);
}
