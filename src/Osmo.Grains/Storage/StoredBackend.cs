using System.Collections.Immutable;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Storage;

/// <summary>A backend as a store holds it.</summary>
/// <param name="Record">The backend.</param>
/// <param name="Nodes">Its nodes.</param>
public sealed record StoredBackend(BackendRecord Record, IReadOnlyList<StoredNode> Nodes);

/// <summary>A node as a store holds it. The verdict is not stored: it follows from the rest and the configuration.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid.</param>
/// <param name="Unschedulable"><c>spec.unschedulable</c>.</param>
/// <param name="Conditions">The node's conditions, in its order.</param>
/// <param name="Facts">Labels, taints and resources.</param>
public sealed record StoredNode(
    string Name,
    string Uid,
    bool Unschedulable,
    ImmutableArray<ConditionPair> Conditions,
    NodeFacts Facts);
