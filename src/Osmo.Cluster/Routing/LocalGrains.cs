using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>The grains that run in this process, where it is a silo.</summary>
/// <param name="Engine">The engine that runs them, and no other.</param>
/// <param name="Ownership">Which of them it may run.</param>
public sealed record LocalGrains(IGrainEngine Engine, IOwnership Ownership);
