using Osmo.Domain.Backends;

namespace Osmo.Grains.Storage;

/// <summary>What one turn of a backend changes; a store makes all of it durable or none.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Activation">The number of the activation that makes the change; see <see cref="IBackendStore.LoadAsync"/>.</param>
public sealed record BackendCommit(BackendName Backend, long Activation)
{
    /// <summary>Whether the backend is new: the activation has it from this commit on, if no other one has created it.</summary>
    public bool Creates { get; init; }

    /// <summary>The backend's record if it changed; null if it did not.</summary>
    public BackendRecord? Record { get; init; }

    /// <summary>True if the backend and its nodes are deleted.</summary>
    public bool Deleted { get; init; }

    /// <summary>The entry for the configuration history; null if the configuration did not change.</summary>
    public HistoryDraft? History { get; init; }

    /// <summary>When the agent was last heard of; null if there is nothing to write.</summary>
    public DateTimeOffset? Heartbeat { get; init; }

    /// <summary>
    /// Which messages of OSMO agents the backend has taken, in a form that only the grain reads; null if that did not change.
    /// </summary>
    public byte[]? MessageMemory { get; init; }

    /// <summary>Whether there is anything to write.</summary>
    public bool IsEmpty => Record is null && !Deleted && History is null && Heartbeat is null && MessageMemory is null;
}
