using Osmo.Cluster.Membership;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Integration.Tests.Routing;

/// <summary>Who owns what in a cluster that a test makes up: the truth, which the processes' route tables may lag behind.</summary>
internal sealed class TestShards
{
    private readonly Lock _gate = new();
    private readonly ShardRoute[] _shards = new ShardRoute[BackendShard.Count];

    public List<SiloEntry> Silos { get; } = [];

    public ShardRoute Get(int shard)
    {
        lock (_gate)
        {
            return _shards[shard];
        }
    }

    /// <summary>Gives every shard to a silo, with a new epoch.</summary>
    public void GiveAll(SiloEntry? owner)
    {
        lock (_gate)
        {
            for (var shard = 0; shard < _shards.Length; shard++)
            {
                _shards[shard] = new ShardRoute(_shards[shard].Epoch + 1, owner);
            }
        }
    }
}

/// <summary>The route table of one process; it knows what it was told and what it has read.</summary>
internal sealed class TestRoutes : IShardRoutes
{
    private readonly Lock _gate = new();
    private readonly TestShards _truth;
    private readonly ShardRoute[] _known = new ShardRoute[BackendShard.Count];
    private int _refreshes;
    private int _learnt;

    public TestRoutes(TestShards truth, long? ownIncarnation)
    {
        _truth = truth;
        OwnIncarnation = ownIncarnation;
        Read();
    }

    public bool IsCurrent => true;

    public long? OwnIncarnation { get; }

    public int Refreshes => Volatile.Read(ref _refreshes);

    public int Learnt => Volatile.Read(ref _learnt);

    /// <summary>Whether reading the truth fails, as when the database is away.</summary>
    public bool IsBlind { get; set; }

    public IReadOnlyList<SiloEntry> Silos
    {
        get
        {
            lock (_truth.Silos)
            {
                return [.. _truth.Silos];
            }
        }
    }

    public ShardRoute Get(int shard)
    {
        lock (_gate)
        {
            return _known[shard];
        }
    }

    public void Learn(int shard, long epoch, long ownerIncarnation)
    {
        Interlocked.Increment(ref _learnt);
        lock (_gate)
        {
            if (epoch > _known[shard].Epoch)
            {
                _known[shard] = new ShardRoute(epoch, Silos.FirstOrDefault(silo => silo.Incarnation == ownerIncarnation));
            }
        }
    }

    public Task RefreshAsync(int shard, ShardRoute known, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _refreshes);
        if (IsBlind)
        {
            throw new OsmoException(ErrorCode.Unavailable, "The database does not answer.");
        }

        Read();
        return Task.CompletedTask;
    }

    public void Read()
    {
        lock (_gate)
        {
            for (var shard = 0; shard < _known.Length; shard++)
            {
                _known[shard] = _truth.Get(shard);
            }
        }
    }
}

/// <summary>The ownership of a silo that always knows the truth.</summary>
internal sealed class TestOwnership(TestShards truth, long incarnation, bool tells) : IOwnership
{
    public ShardEpoch? Claim(BackendName backend)
    {
        var shard = BackendShard.Of(backend);
        var (epoch, owner) = truth.Get(shard);
        return owner?.Incarnation == incarnation
            ? new ShardEpoch(shard, epoch)
            : throw (tells
                ? new OsmoException("Another silo owns it.", new ShardMove(shard, epoch, owner?.Incarnation))
                : new OsmoException(ErrorCode.Moved, "Another silo owns it."));
    }

    public ValueTask ConfirmAsync(ShardEpoch? claim, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Lost(ShardEpoch claim)
    {
    }
}
