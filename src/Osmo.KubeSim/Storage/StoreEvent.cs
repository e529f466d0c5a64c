using System.Collections.Immutable;

namespace Osmo.KubeSim.Storage;

internal enum EventKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>
/// One change. <see cref="Node"/> is the new state, for a deletion the last state under the deletion's version;
/// <see cref="After"/> is the whole fleet after the change, sharing structure with its neighbours.
/// </summary>
internal sealed record StoreEvent(
    EventKind Kind, ulong Version, SimulatedNode Node, SimulatedNode? Previous, ImmutableSortedDictionary<string, SimulatedNode> After);
