using Osmo.Grains.Backends;
using Osmo.Grains.Errors;

namespace Osmo.Grains.Storage;

/// <summary>
/// Where backends are durable. When <see cref="CommitAsync"/> returns, the change survives a crash; when it throws, the caller
/// does not know whether it was applied and has to read again. A store that several processes share refuses, in the transaction
/// of the change itself, whoever's <see cref="ShardEpoch"/> is no longer the shard's (<see cref="ErrorCode.Moved"/>).
/// </summary>
public interface IBackendStore
{
    /// <summary>A backend with its nodes, for whoever owns it.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="owner">The right to run it; null where the process owns the store alone.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OsmoException">
    /// The store cannot be read now (<see cref="ErrorCode.Unavailable"/>), or the right is lost (<see cref="ErrorCode.Moved"/>).
    /// </exception>
    Task<LoadedBackend> LoadAsync(BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken);

    /// <summary>Makes a change durable, all of it or nothing.</summary>
    /// <returns>The revision that <see cref="BackendCommit.History"/> was given; null where there was none.</returns>
    /// <exception cref="OsmoException">
    /// The store cannot write now (<see cref="ErrorCode.Unavailable"/>), or <see cref="BackendCommit.Owner"/> is no longer the
    /// owner (<see cref="ErrorCode.Moved"/>): then nothing was applied.
    /// </exception>
    Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken);

    /// <summary>Returns when the store answers.</summary>
    /// <exception cref="OsmoException">It does not (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Every backend, by name.</summary>
    Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The document of every backend as it was when a revision was made, by name: the complete BACKEND configuration at that
    /// revision.
    /// </summary>
    Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken);

    /// <summary>
    /// The entry that was in force for a backend at a revision: its newest one that is not newer. Null where the backend had
    /// none yet or was deleted, and where there is no such revision yet: what a revision says must never change.
    /// </summary>
    Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken);
}
