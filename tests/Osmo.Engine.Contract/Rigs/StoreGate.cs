using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Engine.Contract.Rigs;

/// <summary>
/// What every silo's store is behind: it counts, and holds back what concerns a backend for as long as a test wants, as a store that
/// hangs does.
/// </summary>
public sealed class StoreGate
{
    private const string Behind = "behind the gate";

    private readonly ConcurrentDictionary<BackendName, Held> _held = [];
    private readonly ConcurrentDictionary<BackendName, int> _loads = [];

    /// <summary>How often a backend was loaded, by all silos together.</summary>
    public int Loads(BackendName backend) => _loads.GetValueOrDefault(backend);

    /// <summary>Holds back a backend's loads and commits until what is returned is disposed of.</summary>
    public IHeldBackend Hold(BackendName backend) => Hold(backend, oneCommit: false);

    /// <summary>
    /// Holds back the next commit of a backend until what is returned is disposed of. Everything else passes: the commit of another
    /// silo, which is asked meanwhile, among it.
    /// </summary>
    public IHeldBackend HoldNextCommit(BackendName backend) => Hold(backend, oneCommit: true);

    /// <summary>Puts the gate before the store of a host, which must be there already.</summary>
    public void PutBefore(IServiceCollection services)
    {
        services.MoveUnder<IBackendStore>(Behind);
        services.AddSingleton<IBackendStore>(provider => new GatedStore(this, StoreBehind(provider)));
    }

    /// <summary>The store of a host that has the gate before it, past the gate.</summary>
    public static IBackendStore StoreBehind(IServiceProvider services) => services.GetRequiredKeyedService<IBackendStore>(Behind);

    private Held Hold(BackendName backend, bool oneCommit) => _held.GetOrAdd(
        backend,
        static (name, asked) => new Held(() => asked.Gate._held.TryRemove(name, out _), asked.OneCommit),
        (Gate: this, OneCommit: oneCommit));

    private Task PassAsync(BackendName backend, bool commits) =>
        _held.TryGetValue(backend, out var held) && held.Holds(commits) ? held.WaitAsync() : Task.CompletedTask;

    private sealed class Held(Action opened, bool oneCommit) : IHeldBackend
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;
        private int _refused;

        public int Refused => Volatile.Read(ref _refused);

        public int Waiting => Volatile.Read(ref _waiting);

        /// <summary>Whether one that comes now has to wait; it counts as waiting from then on.</summary>
        public bool Holds(bool isCommit)
        {
            if (oneCommit)
            {
                return isCommit && Interlocked.CompareExchange(ref _waiting, 1, 0) == 0;
            }

            Interlocked.Increment(ref _waiting);
            return true;
        }

        public Task WaitAsync() => _open.Task;

        public void Refuse() => Interlocked.Increment(ref _refused);

        public void Dispose()
        {
            opened();
            _open.TrySetResult();
        }
    }

    private sealed class GatedStore(StoreGate gate, IBackendStore inner) : IBackendStore
    {
        public async Task<LoadedBackend> LoadAsync(BackendName backend, ShardEpoch? owner, CancellationToken cancellationToken)
        {
            gate._loads.AddOrUpdate(backend, 1, static (_, count) => count + 1);
            await gate.PassAsync(backend, commits: false).WaitAsync(cancellationToken);
            return await inner.LoadAsync(backend, owner, cancellationToken);
        }

        public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
        {
            var held = gate._held.GetValueOrDefault(commit.Backend);
            await gate.PassAsync(commit.Backend, commits: true).WaitAsync(cancellationToken);
            try
            {
                return await inner.CommitAsync(commit, cancellationToken);
            }
            catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
            {
                held?.Refuse();
                throw;
            }
        }

        public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

        public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

        public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
            inner.ReadDocumentsAtAsync(revision, cancellationToken);

        public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken) =>
            inner.ReadBackendAtAsync(backend, revision, cancellationToken);
    }
}

/// <summary>A backend whose store hangs, until this is disposed of.</summary>
public interface IHeldBackend : IDisposable
{
    /// <summary>Loads and commits that came to the gate so far.</summary>
    int Waiting { get; }

    /// <summary>Commits that came to the closed gate, and that the store then refused because another silo owns the backend.</summary>
    int Refused { get; }
}
