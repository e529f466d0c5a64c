namespace Osmo.Testing.Cluster;

/// <summary>What cluster a test wants.</summary>
public sealed record ClusterOptions
{
    public int Silos { get; init; } = 3;

    public int Gateways { get; init; } = 2;

    /// <summary>Whether every way between two parts goes through a proxy: see <see cref="ClusterLinks"/>.</summary>
    public bool Links { get; init; }

    /// <summary>Path of the program of another build that every process runs at first; null for this one.</summary>
    public string? Program { get; init; }

    /// <summary>More options of every process's command line.</summary>
    public IReadOnlyList<string> More { get; init; } = [];
}
