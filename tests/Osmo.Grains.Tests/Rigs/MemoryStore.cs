using System.Collections.Concurrent;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>A store in memory with the fences of the real ones. It can be held up and made to fail.</summary>
internal sealed class MemoryStore : IBackendStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BackendName, Stored> _backends = [];
    private readonly List<HistoryEntry> _history = [];

    /// <summary>Awaited before every node write is applied.</summary>
    public Func<NodeWrite, Task>? BeforeNodeWrite { get; set; }

    /// <summary>Awaited before every commit of a backend is applied.</summary>
    public Func<BackendCommit, Task>? BeforeCommit { get; set; }

    /// <summary>Awaited before every load.</summary>
    public Func<BackendName, Task>? BeforeLoad { get; set; }

    /// <summary>How many node writes were applied.</summary>
    public int NodeWrites { get; private set; }

    /// <summary>How many writes were refused because they came from an activation or a version of before.</summary>
    public int Refused { get; private set; }

    public ConcurrentDictionary<BackendName, int> Loads { get; } = [];

    public async Task<LoadedBackend> LoadAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        if (BeforeLoad is { } before)
        {
            await before(backend);
        }

        Loads.AddOrUpdate(backend, 1, (_, count) => count + 1);
        lock (_gate)
        {
            var requests = _history.Where(entry => entry.Backend == backend && entry.Change.Request is not null)
                .Select(entry => new AppliedRequest(entry.Change.Request!.Value, entry.Revision)).Reverse().ToArray();
            if (!_backends.TryGetValue(backend, out var stored))
            {
                return new LoadedBackend(null, requests);
            }

            stored.Activation = activation;
            return new LoadedBackend(
                new StoredBackend(stored.Record, [.. stored.Nodes.Values.Select(AsStored)]) { MessageMemory = stored.Memory }, requests);
        }
    }

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        if (BeforeCommit is { } before)
        {
            await before(commit);
        }

        await Task.Yield();
        lock (_gate)
        {
            var exists = _backends.TryGetValue(commit.Backend, out var stored);
            if (commit.Creates ? exists : !exists || stored!.Activation != commit.Activation)
            {
                Refused++;
                throw new OsmoException(ErrorCode.Moved, $"{commit.Backend} belongs to another activation.");
            }

            long? revision = null;
            if (commit.History is { } draft)
            {
                revision = _history.Count + 1;
                _history.Add(new HistoryEntry(revision.Value, commit.Backend, draft));
            }

            if (commit.Deleted)
            {
                _backends.Remove(commit.Backend);
                return revision;
            }

            stored ??= _backends[commit.Backend] = new Stored { Activation = commit.Activation };
            if (commit.Record is { } record)
            {
                stored.Record = record with { Revision = revision ?? record.Revision };
            }

            stored.Memory = commit.MessageMemory ?? stored.Memory;
            return revision;
        }
    }

    public async Task WriteNodeAsync(NodeWrite write, CancellationToken cancellationToken)
    {
        if (BeforeNodeWrite is { } before)
        {
            await before(write);
        }

        await Task.Yield();
        lock (_gate)
        {
            var fits = _backends.TryGetValue(write.Backend, out var stored) && stored.Activation == write.Activation
                && (stored.Nodes.GetValueOrDefault(write.Node)?.Version ?? 0) == write.Expected;
            if (!fits)
            {
                Refused++;
                throw new OsmoException(ErrorCode.Moved, $"{write.Node} was written by another activation.");
            }

            NodeWrites++;
            if (write.Next is { } next)
            {
                stored!.Nodes[write.Node] = next;
            }
            else
            {
                stored!.Nodes.Remove(write.Node);
            }
        }
    }

    public ValueTask ConfirmAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _backends.TryGetValue(backend, out var stored) && stored.Activation == activation
                ? ValueTask.CompletedTask
                : throw new OsmoException(ErrorCode.Moved, $"{backend} belongs to another activation.");
        }
    }

    public Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<BackendRecord>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<BackendRecord>>(
                [.. _backends.Values.Select(stored => stored.Record).OrderBy(record => record.Name.Value, StringComparer.Ordinal)]);
        }
    }

    public Task<IReadOnlyList<string>> ReadDocumentsAtAsync(long revision, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<HistoryEntry?> ReadBackendAtAsync(BackendName backend, long revision, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_history.LastOrDefault(entry => entry.Backend == backend && entry.Revision <= revision));
        }
    }

    /// <summary>The nodes of a backend as they are stored.</summary>
    public IReadOnlyDictionary<string, NodeSnapshot> NodesOf(BackendName backend)
    {
        lock (_gate)
        {
            return _backends.TryGetValue(backend, out var stored) ? new Dictionary<string, NodeSnapshot>(stored.Nodes) : [];
        }
    }

    /// <summary>Takes a backend over, as another activation would.</summary>
    /// <returns>False if there is no such backend.</returns>
    public bool TryTakeOver(BackendName backend)
    {
        lock (_gate)
        {
            if (_backends.TryGetValue(backend, out var stored))
            {
                stored.Activation = Stamp.New();
            }

            return stored is not null;
        }
    }

    /// <summary>Changes a node's row, as another activation of its grain would.</summary>
    public NodeSnapshot ChangeBehind(BackendName backend, string node)
    {
        lock (_gate)
        {
            var nodes = _backends[backend].Nodes;
            return nodes[node] = nodes[node] with { Version = Stamp.New() };
        }
    }

    private static StoredNode AsStored(NodeSnapshot node) =>
        new(node.Name, node.Uid, node.Unschedulable, [.. node.Conditions.ToPairs()], node.Facts)
        {
            Version = node.Version,
            Available = node.Available,
            AvailableSince = node.AvailableSince,
            AgentVerdict = node.AgentVerdict,
            VerifiedLabel = node.StoredLabel,
            Usage = node.Usage,
        };

    private sealed class Stored
    {
        public long Activation { get; set; }

        public BackendRecord Record { get; set; } = null!;

        public byte[] Memory { get; set; } = [];

        public Dictionary<string, NodeSnapshot> Nodes { get; } = [];
    }
}
