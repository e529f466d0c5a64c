using System.Collections.Immutable;

namespace Osmo.KubeSim.Storage;

/// <summary>All nodes, by name in ordinal order, as they were at one version.</summary>
internal sealed record FleetSnapshot(ulong Version, ImmutableSortedDictionary<string, SimulatedNode> Nodes);
