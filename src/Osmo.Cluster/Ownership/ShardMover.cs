using Microsoft.Extensions.Logging;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// Moves shards away from this process. The order is what makes the pause short and loses no call: stop claiming, let the grains
/// finish what they have taken, one update that gives the shards to their next owner, which its transaction announces.
/// </summary>
internal sealed class ShardMover(
    IOwnershipTable table,
    OwnershipWatch watch,
    ShardRights rights,
    IActivationHost host,
    LeaseOptions options,
    TimeProvider time,
    ILogger logger)
{
    private int _given;
    private long _since;
    private TimeSpan _took;

    /// <summary>Hands over the first shards of a hand-over; the caller asks again for the rest.</summary>
    /// <returns>Whether all of the batch went.</returns>
    public async Task<bool> MoveBatchAsync(long own, HandOver handOver, CancellationToken cancellationToken)
    {
        var batch = handOver.Shards.Take(options.HandOverShards).ToArray();
        var begunAt = time.GetTimestamp();
        _since = _given == 0 ? begunAt : _since;
        IReadOnlyList<ShardEpoch> given;
        rights.Cede(batch);
        try
        {
            await EndAsync(batch.Select(shard => shard.Shard).ToHashSet(), cancellationToken).ConfigureAwait(false);
            given = await table.HandOverAsync(own, batch, handOver.Recipient, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            rights.EndCeding(batch, watch.ReadingsBegun);
            watch.Request();
        }

        _given += given.Count;
        _took = time.GetElapsedTime(_since);
        OwnershipLog.HandedOver(
            logger, given.Count, batch.Length, handOver.Recipient, (long)time.GetElapsedTime(begunAt).TotalMilliseconds);

        // What went shows in this reading as lost, and grains end that began between the end of the others and the update.
        await watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return given.Count == batch.Length;
    }

    /// <summary>Nothing is left to hand over: one line says what went since the last time.</summary>
    public void EndMoving()
    {
        if (_given > 0)
        {
            OwnershipLog.HandedOverAll(logger, _given, (long)_took.TotalMilliseconds);
            _given = 0;
        }
    }

    /// <summary>Ends the grains of shards that are not claimed any more. Never throws but for the token; never waits for long.</summary>
    public async Task EndAsync(IReadOnlySet<int> shards, CancellationToken cancellationToken)
    {
        try
        {
            await host.EndAsync(shards).WaitAsync(options.EndLimit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            OwnershipLog.EndSlow(logger, (long)options.EndLimit.TotalMilliseconds);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            OwnershipLog.EndFailed(logger, failure);
        }
    }
}
