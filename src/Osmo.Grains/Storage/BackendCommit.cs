using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Storage;

/// <summary>Everything that one turn of a backend changes; a store makes all of it durable or none.</summary>
/// <param name="Backend">The backend.</param>
public sealed record BackendCommit(BackendName Backend)
{
    /// <summary>The right to make the change; null where the process owns the store alone.</summary>
    public ShardEpoch? Owner { get; init; }

    /// <summary>The backend's record where it changed; null where it did not.</summary>
    public BackendRecord? Record { get; init; }

    /// <summary>True where the backend and its nodes are deleted.</summary>
    public bool Deleted { get; init; }

    /// <summary>The entry for the configuration history; null where the configuration did not change.</summary>
    public HistoryDraft? History { get; init; }

    /// <summary>When the agent was last heard of; null where there is nothing to write.</summary>
    public DateTimeOffset? Heartbeat { get; init; }

    /// <summary>
    /// Which messages of OSMO agents the backend has taken, in a form that only the grain reads; null where that did not change.
    /// </summary>
    public byte[]? MessageMemory { get; init; }

    /// <summary>Nodes to insert or replace.</summary>
    public IReadOnlyList<NodeWrite> NodeWrites { get; init; } = [];

    /// <summary>Names of nodes to remove.</summary>
    public IReadOnlyList<string> NodeDeletions { get; init; } = [];

    /// <summary>Whether there is anything to write.</summary>
    public bool IsEmpty =>
        Record is null && !Deleted && History is null && Heartbeat is null && MessageMemory is null
        && NodeWrites.Count == 0 && NodeDeletions.Count == 0;
}

/// <summary>A node to insert or replace.</summary>
/// <param name="Node">The node.</param>
/// <param name="FactsChanged">Whether its facts have to be written too; they are large and rarely change.</param>
public readonly record struct NodeWrite(NodeSnapshot Node, bool FactsChanged);
