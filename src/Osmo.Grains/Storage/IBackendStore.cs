using Osmo.Domain.Backends;
using Osmo.Domain.Errors;

namespace Osmo.Grains.Storage;

/// <summary>
/// Where backends and nodes are durable. If a write returns, it survives a crash; if it throws <see cref="ErrorCode.Unavailable"/>, the
/// caller does not know whether it was applied and has to load again.
/// <para>
/// The fence: an activation of a backend's grain takes the backend over when it loads it (<see cref="LoadAsync"/>), and from then on the
/// store refuses every write of an earlier activation (<see cref="ErrorCode.Moved"/>), in the transaction of the write itself. Orleans may
/// run two activations for a moment after an unclean death; only one of them can write.
/// </para>
/// </summary>
public interface IBackendStore
{
    /// <summary>
    /// A backend with its nodes, taken over for an activation: its row has the activation's number from now on. A name that is not
    /// registered has no row, and nothing is written for it. Returns when no write of an earlier activation can be applied any more.
    /// </summary>
    /// <param name="backend">The backend.</param>
    /// <param name="activation">The number of the activation: random, so that no two activations have the same.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OsmoException">The store cannot be read now (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task<LoadedBackend> LoadAsync(BackendName backend, long activation, CancellationToken cancellationToken);

    /// <summary>Makes a change of a backend durable, all of it or nothing. Changes that wait together share a transaction.</summary>
    /// <returns>The revision that <see cref="BackendCommit.History"/> was given; null if there was none.</returns>
    /// <exception cref="OsmoException">
    /// The store cannot write now (<see cref="ErrorCode.Unavailable"/>), or <see cref="BackendCommit.Activation"/> has not the backend any
    /// more, or the backend of a <see cref="BackendCommit.Creates"/> exists (<see cref="ErrorCode.Moved"/>): then nothing was applied.
    /// </exception>
    Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken);

    /// <summary>Makes a change of a node durable. Changes that wait together share a statement and a transaction.</summary>
    /// <exception cref="OsmoException">
    /// The store cannot write now (<see cref="ErrorCode.Unavailable"/>), or <see cref="NodeWrite.Activation"/> has not the backend any
    /// more, or the node's row is not at <see cref="NodeWrite.Expected"/> (<see cref="ErrorCode.Moved"/>): then nothing was applied.
    /// </exception>
    Task WriteNodeAsync(NodeWrite write, CancellationToken cancellationToken);

    /// <summary>
    /// Returns when the store has said, after this call began, that an activation still has the backend: what was read before is the newest
    /// then, whatever clocks and pauses did.
    /// </summary>
    /// <exception cref="OsmoException">It has not (<see cref="ErrorCode.Moved"/>), or the store does not answer.</exception>
    ValueTask ConfirmAsync(BackendName backend, long activation, CancellationToken cancellationToken);

    /// <summary>Returns when the store answers and can be written to.</summary>
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
    /// The entry that was in force for a backend at a revision: its newest one that is not newer. Null if the backend had
    /// none yet or was deleted, and if there is no such revision yet: what a revision says must never change.
    /// </summary>
    Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken);
}
