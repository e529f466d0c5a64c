using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Integration.Tests.Routing;

/// <summary>A store that holds back what is to be made durable, for one backend, for as long as a test wants.</summary>
internal sealed class GatedStore(IBackendStore inner) : IBackendStore
{
    private volatile TaskCompletionSource? _gate;
    private string? _backend;
    private int _waiting;

    /// <summary>Commits that wait at the gate.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void Close(BackendName backend)
    {
        _backend = backend.Value;
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open() => Interlocked.Exchange(ref _gate, null)?.TrySetResult();

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        if (_gate is { } gate && commit.Backend.Value == _backend)
        {
            Interlocked.Increment(ref _waiting);
            await gate.Task;
            Interlocked.Decrement(ref _waiting);
        }

        return await inner.CommitAsync(commit, cancellationToken);
    }

    public Task<LoadedBackend> LoadAsync(BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken) =>
        inner.LoadAsync(backend, owner, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
        inner.ReadDocumentsAtAsync(revision, cancellationToken);

    public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken) =>
        inner.ReadBackendAtAsync(backend, revision, cancellationToken);
}
