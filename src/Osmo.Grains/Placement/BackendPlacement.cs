using Orleans.Placement;

namespace Osmo.Grains.Placement;

/// <summary>
/// Places a backend's grain where a hint says, otherwise on the silo that carries least; never on one that hands its backends over to end,
/// or that does not reach the store, while there is another.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BackendPlacementAttribute() : PlacementAttribute(new BackendPlacementStrategy());

/// <inheritdoc cref="BackendPlacementAttribute"/>
[GenerateSerializer]
[Immutable]
[Alias("osmo.backend-placement-strategy")]
public sealed class BackendPlacementStrategy : PlacementStrategy;
