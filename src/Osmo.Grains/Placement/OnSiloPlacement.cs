using Orleans.Placement;

namespace Osmo.Grains.Placement;

/// <summary>Places a grain on the silo whose address is its key, and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnSiloAttribute() : PlacementAttribute(new OnSiloPlacementStrategy());

/// <inheritdoc cref="OnSiloAttribute"/>
[GenerateSerializer]
[Immutable]
[Alias("osmo.on-silo-placement-strategy")]
public sealed class OnSiloPlacementStrategy : PlacementStrategy;
