namespace Osmo.KubeSim.Fleet;

/// <summary>How a fleet changes by itself. Rates are changes per second over the whole fleet; 0 switches a kind off.</summary>
public sealed record ChurnOptions
{
    /// <summary>Seed of which node changes and how.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Status updates that change timestamps only.</summary>
    public double HeartbeatsPerSecond { get; init; }

    /// <summary>Conditions that turn bad, or good again.</summary>
    public double FlapsPerSecond { get; init; }

    /// <summary>Nodes that are cordoned, or uncordoned again.</summary>
    public double CordonsPerSecond { get; init; }

    /// <summary>Nodes that vanish, or join again under the same name with another uid.</summary>
    public double LossesPerSecond { get; init; }

    /// <summary>At most this share of the nodes (at least one node) is bad, cordoned or lost at once, each kind by itself.</summary>
    public double DisturbedShareMax { get; init; } = 0.05;
}
