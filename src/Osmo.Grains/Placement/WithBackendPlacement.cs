using Orleans.Placement;

namespace Osmo.Grains.Placement;

/// <summary>Places a node's grain on the silo that runs its backend's grain, with which it shares the roster.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WithBackendPlacementAttribute() : PlacementAttribute(new WithBackendPlacementStrategy());

/// <inheritdoc cref="WithBackendPlacementAttribute"/>
[GenerateSerializer]
[Immutable]
[Alias("osmo.with-backend-placement-strategy")]
public sealed class WithBackendPlacementStrategy : PlacementStrategy;
