using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What a backend's grain is to the store: it took a backend over, and writes under its activation's number.</summary>
internal sealed class ActiveBackend
{
    private readonly IBackendStore _store;
    private readonly string _name;
    private bool _exists;

    private ActiveBackend(IBackendStore store, string name, long activation, LoadedBackend loaded)
    {
        (_store, _name, Activation, Loaded) = (store, name, activation, loaded);
        _exists = loaded.Backend is not null;
    }

    /// <summary>The number of the activation.</summary>
    public long Activation { get; }

    /// <summary>What was loaded.</summary>
    public LoadedBackend Loaded { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private BackendName Name => StoreSamples.Name(_name);

    /// <summary>A new activation of a backend, which may not exist.</summary>
    public static async Task<ActiveBackend> LoadAsync(IBackendStore store, string name)
    {
        var activation = StoreSamples.NewNumber();
        return new ActiveBackend(store, name, activation, await store.LoadAsync(StoreSamples.Name(name), activation, Cancel));
    }

    /// <summary>A new activation, and the backend if it did not exist, with some nodes.</summary>
    public static async Task<ActiveBackend> CreateAsync(IBackendStore store, string name, params NodeSnapshot[] nodes)
    {
        var backend = await LoadAsync(store, name);
        await backend.ChangeAsync();
        await backend.InsertAsync(nodes);
        return backend;
    }

    /// <summary>A change of the backend that changes nothing yet.</summary>
    public BackendCommit Commit() => new(Name, Activation);

    /// <summary>A change of the configuration; it creates the backend if there is none.</summary>
    public BackendCommit Change(string description = "", RequestId? request = null)
    {
        var record = StoreSamples.Record(_name, description);
        return Commit() with { Creates = !_exists, Record = record, History = StoreSamples.Draft(record, description, request: request) };
    }

    public BackendCommit Deletion() =>
        Commit() with { Deleted = true, History = new HistoryDraft("bob", StoreSamples.Now, "gone", TextList.Empty, DocumentJson: null) };

    public async Task<long?> CommitAsync(BackendCommit commit)
    {
        var revision = await _store.CommitAsync(commit, Cancel);
        _exists = !commit.Deleted && (_exists || commit.Creates);
        return revision;
    }

    public Task<long?> ChangeAsync(string description = "", RequestId? request = null) => CommitAsync(Change(description, request));

    public Task<long?> DeleteAsync() => CommitAsync(Deletion());

    public NodeWrite Insert(NodeSnapshot node) => new(Name, Activation, node.Name, Expected: 0, node, FactsChanged: true);

    public NodeWrite Update(NodeSnapshot before, NodeSnapshot node, bool factsChanged = false) =>
        new(Name, Activation, node.Name, before.Version, node, factsChanged);

    public NodeWrite Delete(NodeSnapshot node) => new(Name, Activation, node.Name, node.Version, Next: null, FactsChanged: false);

    public Task WriteAsync(params IEnumerable<NodeWrite> writes) =>
        Task.WhenAll(writes.Select(write => _store.WriteNodeAsync(write, Cancel)).ToArray());

    public Task InsertAsync(params IEnumerable<NodeSnapshot> nodes) => WriteAsync(nodes.Select(Insert));

    public Task ConfirmAsync() => _store.ConfirmAsync(Name, Activation, Cancel).AsTask();
}
