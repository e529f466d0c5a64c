using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// Ownership in a cluster: a claim is what this process knows, free of cost; a confirmation is what the database knows. Claims may be
/// wrong for a moment, and then the store refuses what is done under them; confirmations are never older than the question.
/// </summary>
internal sealed class ClusterOwnership : IOwnership, IShardAdmission
{
    /// <summary>Most confirming queries under way: one more than the newest, so that a caller does not wait for two round trips.</summary>
    public const int ConfirmationsMax = 2;

    // A shard that is called for in vain many times a second is not read for each call.
    private static readonly TimeSpan MissedReadAge = TimeSpan.FromMilliseconds(100);

    private readonly ShardRights _rights;
    private readonly Lease _lease;
    private readonly OwnershipWatch _watch;
    private readonly Coalescer<ShardEpoch, IReadOnlyList<ShardEpoch>> _confirmations;

    public ClusterOwnership(ShardRights rights, Lease lease, OwnershipWatch watch, IOwnershipTable table)
    {
        _rights = rights;
        _lease = lease;
        _watch = watch;
        _confirmations = new(ConfirmationsMax, claims => table.FindLostAsync(claims, CancellationToken.None));
    }

    public ShardEpoch? Claim(BackendName backend)
    {
        var shard = BackendShard.Of(backend);
        var epoch = _rights.EpochOf(shard);
        if (epoch != 0 && _lease.Holds)
        {
            return new ShardEpoch(shard, epoch);
        }

        if (_watch.Age is not { } age || age > MissedReadAge)
        {
            _watch.Request();
        }

        throw Refusal(shard);
    }

    public async ValueTask ConfirmAsync(ShardEpoch? claim, CancellationToken cancellationToken)
    {
        if (claim is not { } asked)
        {
            return;
        }

        var lost = await _confirmations.AskAsync(asked, cancellationToken).ConfigureAwait(false);
        if (lost.Contains(asked))
        {
            Lost(asked);
            throw Refusal(asked.Shard);
        }
    }

    public void Lost(ShardEpoch claim)
    {
        _rights.Lose(claim, _watch.ReadingsBegun);
        _watch.Request();
    }

    public ValueTask AdmitAsync(int shard, CancellationToken cancellationToken) =>
        _rights.EpochOf(shard) != 0 && _lease.Holds ? ValueTask.CompletedTask : new(LookAsync(shard, cancellationToken));

    private async Task LookAsync(int shard, CancellationToken cancellationToken)
    {
        await _watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (_rights.EpochOf(shard) == 0 || !_lease.Holds)
        {
            throw Refusal(shard);
        }
    }

    private OsmoException Refusal(int shard)
    {
        if (_watch.Current is not { } reading)
        {
            return new OsmoException("This silo has not read yet which shards it owns. Try again.", new ShardMove(shard, 0, null));
        }

        var (epoch, owner) = reading.Table.Shards[shard];
        if (owner == _rights.Incarnation || reading.Table.Find(owner) is not { } silo)
        {
            return new OsmoException($"Shard {shard} is on its way to another silo. Try again.", new ShardMove(shard, epoch, null));
        }

        return new OsmoException($"Shard {shard} is owned by silo {silo.Id}. Ask there.", new ShardMove(shard, epoch, owner));
    }
}
