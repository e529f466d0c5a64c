using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// Which shards this process may run, and under which epochs: what the last reading of the table said, without what it has stopped
/// running since. Asked for every grain call, so a question is an array read; changes take a lock.
/// <para>
/// For each shard: <c>epoch</c> is what may be claimed (0: nothing); <c>active</c> is under which epoch grains may still run here, from
/// the first claim until their end was ordered; <c>heldBack</c> is the number of the last reading that does not count, because
/// it may have begun before this process stopped.
/// </para>
/// </summary>
internal sealed class ShardRights
{
    private readonly Lock _lock = new();
    private readonly long[] _epoch = new long[BackendShard.Count];
    private readonly long[] _active = new long[BackendShard.Count];
    private readonly long[] _heldBack = new long[BackendShard.Count];
    private long _incarnation;

    /// <summary>The incarnation of this silo; 0 while it has none.</summary>
    public long Incarnation => Volatile.Read(ref _incarnation);

    /// <summary>The epoch under which a shard may run here; 0 where it may not.</summary>
    public long EpochOf(int shard) => Volatile.Read(ref _epoch[shard]);

    /// <summary>Begins anew under an incarnation; 0 for none.</summary>
    public void Begin(long incarnation)
    {
        lock (_lock)
        {
            Volatile.Write(ref _incarnation, incarnation);
            Array.Clear(_heldBack);
        }
    }

    /// <summary>Takes over what a reading says. Readings come in order.</summary>
    /// <returns>Shards whose grains here must end, because their right is another one by now.</returns>
    public HashSet<int> Apply(TableReading reading)
    {
        var lost = new HashSet<int>();
        lock (_lock)
        {
            for (var shard = 0; shard < _epoch.Length; shard++)
            {
                if (reading.Number <= _heldBack[shard])
                {
                    continue;
                }

                var row = reading.Table.Shards[shard];
                var epoch = _incarnation != 0 && row.Owner == _incarnation ? row.Epoch : 0;
                if (_active[shard] != 0 && _active[shard] != epoch)
                {
                    lost.Add(shard);
                }

                _active[shard] = epoch;
                Volatile.Write(ref _epoch[shard], epoch);
            }
        }

        return lost;
    }

    /// <summary>Stops claiming shards that are about to be handed over, whatever readings say.</summary>
    public void Cede(IEnumerable<ShardEpoch> shards)
    {
        lock (_lock)
        {
            foreach (var shard in shards)
            {
                _heldBack[shard.Shard] = long.MaxValue;
                Volatile.Write(ref _epoch[shard.Shard], 0);
            }
        }
    }

    /// <summary>The hand-over has ended, well or not: readings count again that begin from now on.</summary>
    public void EndCeding(IEnumerable<ShardEpoch> shards, long readingsBegun)
    {
        lock (_lock)
        {
            foreach (var shard in shards)
            {
                _heldBack[shard.Shard] = readingsBegun;
            }
        }
    }

    /// <summary>The store refused a right: it is not claimed until a reading that begins from now on gives it back.</summary>
    public void Lose(ShardEpoch claim, long readingsBegun)
    {
        lock (_lock)
        {
            if (_epoch[claim.Shard] == claim.Epoch)
            {
                Volatile.Write(ref _epoch[claim.Shard], 0);
                _heldBack[claim.Shard] = readingsBegun;
            }
        }
    }

    /// <summary>Stops claiming everything until this process begins anew.</summary>
    /// <returns>Shards whose grains here must end.</returns>
    public HashSet<int> DropClaims()
    {
        var lost = new HashSet<int>();
        lock (_lock)
        {
            Array.Fill(_heldBack, long.MaxValue);
            for (var shard = 0; shard < _epoch.Length; shard++)
            {
                if (_active[shard] != 0)
                {
                    lost.Add(shard);
                }

                _active[shard] = 0;
                Volatile.Write(ref _epoch[shard], 0);
            }
        }

        return lost;
    }
}
