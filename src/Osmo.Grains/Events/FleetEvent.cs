using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Events;

/// <summary>What happened to a node or a backend.</summary>
public enum FleetEventKind
{
    /// <summary>A node came, or something of it changed.</summary>
    NodeChanged,

    /// <summary>A node is gone.</summary>
    NodeDeleted,

    /// <summary>A backend registered, was configured, or its agent came or went.</summary>
    BackendChanged,

    /// <summary>A backend was deleted.</summary>
    BackendDeleted,
}

/// <summary>Something that watchers of the fleet want to know; it is durable when they learn of it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Backend">The backend.</param>
/// <param name="Node">The node as it is now, or as it was last; null for events of a backend.</param>
/// <param name="View">The backend as it is now; null for events of a node.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.fleet-event")]
public sealed record FleetEvent(
    [property: Id(0)] FleetEventKind Kind,
    [property: Id(1)] BackendName Backend,
    [property: Id(2)] NodeSnapshot? Node,
    [property: Id(3)] BackendView? View);
