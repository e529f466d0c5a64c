using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Rehearsal;

/// <summary>
/// The real store, reached by a right that nobody can have: what is read is real, and every change goes all the way to where the
/// store refuses it. The grains of a rehearsal are told that it was made.
/// </summary>
internal sealed class RehearsalStore(IBackendStore store) : IBackendStore
{
    /// <summary>Epochs count from 0.</summary>
    private const long EpochOfNobody = -1;

    private long _revision;

    public Task<LoadedBackend> LoadAsync(BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken) =>
        store.LoadAsync(backend, owner: null, cancellationToken);

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        var owner = new ShardEpoch(BackendShard.Of(commit.Backend), EpochOfNobody);
        try
        {
            await store.CommitAsync(commit with { Owner = owner }, cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
        {
            return commit.History is null ? null : ++_revision;
        }

        throw new InvalidOperationException("The store took a change that nobody had the right to make.");
    }

    public Task CheckAsync(CancellationToken cancellationToken) => store.CheckAsync(cancellationToken);

    public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);

    public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
        store.ReadDocumentsAtAsync(revision, cancellationToken);

    public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken) =>
        store.ReadBackendAtAsync(backend, revision, cancellationToken);
}
