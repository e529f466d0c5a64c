using Osmo.Cluster.Ownership;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Which shards this silo may run: those whose Orleans grain is active here, each under the epoch that it took, while its row in the
/// database is renewed. A claim is what this process knows, and a confirmation is what the database knows.
/// </summary>
internal sealed class ShardOwnership : IOwnership
{
    private const int TakesMax = 2;

    private readonly IOwnershipTable _table;
    private readonly Lease _lease;
    private readonly TimeProvider _time;
    private readonly LeaseOptions _options;
    private readonly Held?[] _held = new Held?[BackendShard.Count];
    private readonly Coalescer<ShardEpoch, IReadOnlyList<ShardEpoch>> _confirmations;
    private readonly Coalescer<int, IReadOnlyList<ShardEpoch>> _takes;
    private long _incarnation;

    public ShardOwnership(IOwnershipTable table, Lease lease, LeaseOptions options, TimeProvider time)
    {
        _table = table;
        _lease = lease;
        _options = options;
        _time = time;
        _confirmations = new(ClusterOwnership.ConfirmationsMax, claims => table.FindLostAsync(claims, CancellationToken.None));
        _takes = new(TakesMax, shards => table.TakeAsync(Incarnation, shards, CancellationToken.None));
    }

    /// <summary>The incarnation of this silo in the database; 0 before it has one.</summary>
    public long Incarnation => Volatile.Read(ref _incarnation);

    /// <summary>The silo has a row in the database.</summary>
    public void Begin(long incarnation) => Volatile.Write(ref _incarnation, incarnation);

    /// <summary>Takes a shard from whoever had it, with a new epoch, and claims it from then on.</summary>
    /// <param name="shard">The shard's number.</param>
    /// <param name="lost">Called when somebody else has taken it, or may have: its grains have to end here.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OsmoException">It cannot be taken now; the message says why.</exception>
    public async Task<ShardEpoch> TakeAsync(int shard, Action lost, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            var taken = await _takes.AskAsync(shard, cancellationToken).ConfigureAwait(false);
            if (taken.FirstOrDefault(epoch => epoch.Shard == shard) is { Epoch: > 0 } claim)
            {
                Volatile.Write(ref _held[shard], new Held(claim, lost));
                return claim;
            }

            if (!_lease.Holds)
            {
                throw new OsmoException(ErrorCode.Unavailable, "This silo does not reach the database. Try again: another one may.");
            }

            if (_time.GetElapsedTime(began) > _options.Lease)
            {
                throw new OsmoException(ErrorCode.Unavailable, $"Something holds the row of shard {shard} in the database. Try again.");
            }

            // A commit of the former owner holds the shard's row, or this silo's own row is late.
            if (tries > 1)
            {
                await EndHoldersAsync(shard, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(_options.RetryPause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops claiming a shard.</summary>
    public void Release(ShardEpoch claim)
    {
        if (Volatile.Read(ref _held[claim.Shard]) is { } held && held.Claim == claim)
        {
            Interlocked.CompareExchange(ref _held[claim.Shard], null, held);
        }
    }

    /// <summary>Whether a shard is active here under an epoch.</summary>
    public bool Holds(ShardEpoch claim) => Volatile.Read(ref _held[claim.Shard])?.Claim == claim;

    /// <summary>How many shards are active here.</summary>
    public int Count() => _held.Count(held => held is not null);

    public ShardEpoch? Claim(BackendName backend)
    {
        var shard = BackendShard.Of(backend);
        return _lease.Holds && Volatile.Read(ref _held[shard]) is { } held ? held.Claim : throw Refusal(shard);
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
        if (Volatile.Read(ref _held[claim.Shard]) is { } held && held.Claim == claim)
        {
            Release(claim);
            held.Lost();
        }
    }

    /// <summary>Has the grains of every shard end here: others may have taken them, or are about to.</summary>
    /// <returns>How many there were.</returns>
    public int GiveUp()
    {
        var held = _held.OfType<Held>().ToArray();
        Array.ForEach(held, one => Lost(one.Claim));
        return held.Length;
    }

    private async Task EndHoldersAsync(int shard, CancellationToken cancellationToken)
    {
        var table = await _table.ReadAsync(cancellationToken).ConfigureAwait(false);
        await _table.EndHoldersAsync(Incarnation, [new ShardEpoch(shard, table.Shards[shard].Epoch)], cancellationToken)
            .ConfigureAwait(false);
    }

    private static OsmoException Refusal(int shard) =>
        new($"Shard {shard} is not active on this silo any more. Try again.", new ShardMove(shard, 0, null));

    private sealed record Held(ShardEpoch Claim, Action Lost);
}
