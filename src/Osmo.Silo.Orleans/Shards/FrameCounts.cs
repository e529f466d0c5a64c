namespace Osmo.Silo.Orleans.Shards;

/// <summary>What one end of an agent's connection has seen of the batches of the other.</summary>
/// <param name="Received">How many came.</param>
/// <param name="Done">How many of them it is done with, and has said so.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.counts")]
internal readonly record struct FrameCounts([property: Id(0)] long Received, [property: Id(1)] long Done);
