namespace Osmo.KubeSim.Fleet;

/// <summary>What fleet to generate. The same options give the same fleet.</summary>
public sealed record FleetOptions
{
    /// <summary>Seed of everything that varies.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many nodes.</summary>
    public int Nodes { get; init; } = 100;

    /// <summary>Names are this prefix, a dash and the node's number in five digits.</summary>
    public string NamePrefix { get; init; } = "gpu";

    /// <summary>The shapes of which nodes are made, in racks of one shape.</summary>
    public IReadOnlyList<NodeShape> Shapes { get; init; } = NodeShape.All;

    /// <summary>When the nodes joined and last reported.</summary>
    public DateTimeOffset Time { get; init; } = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Share of nodes (0 to 1) that have a bad condition from the start.</summary>
    public double UnhealthyShare { get; init; }
}
