using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// Takes shards that have no living owner. A claim leaves out rows that somebody holds. Of a dead owner that is most likely the owner
/// itself: it stopped, or was cut off, in the middle of sending a commit, and its session waits in the database for the rest, with
/// the rows locked. No timeout of the server counts that time, so such sessions are ended here.
/// </summary>
internal sealed class ShardClaimer(IOwnershipTable table, OwnershipWatch watch, Lease lease, ILogger logger)
{
    /// <summary>Claims what a plan says, and ends the sessions that stand in the way.</summary>
    /// <returns>Whether nothing is left to claim; the caller asks again where something is.</returns>
    public async Task<bool> ClaimAsync(long own, ShardPlan plan, CancellationToken cancellationToken)
    {
        var wanted = Allowed(plan);
        var taken = await table.ClaimAsync(own, wanted, cancellationToken).ConfigureAwait(false);
        var reading = await watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (taken.Count > 0)
        {
            OwnershipLog.Took(logger, taken.Count, wanted.Length);
        }

        // The reading may have shown a jump of the clock, or an owner that lives after all: it decides, not the one before.
        var held = Allowed(plan).Where(shard => IsHeldOfDead(reading.Table, shard)).ToArray();
        if (held.Length > 0 && lease.Holds)
        {
            var holders = await table.EndHoldersAsync(own, held, cancellationToken).ConfigureAwait(false);
            if (holders.Ended > 0)
            {
                OwnershipLog.HoldersEnded(logger, holders.Ended, held.Length);
            }

            if (holders.Denied > 0)
            {
                OwnershipLog.HoldersDenied(logger, holders.Denied, held.Length);
            }
        }

        return taken.Count == wanted.Length;
    }

    /// <summary>Whether there is anything in a plan that may be claimed now.</summary>
    public bool MayClaim(ShardPlan plan) => !Allowed(plan).IsEmpty;

    private static bool IsHeldOfDead(OwnershipSnapshot table, ShardEpoch shard) =>
        table.Shards[shard.Shard] is { Owner: { } owner } row && row.Epoch == shard.Epoch && !(table.Find(owner)?.LeaseLeft > TimeSpan.Zero);

    private ImmutableArray<ShardEpoch> Allowed(ShardPlan plan) => lease.IsSteady ? plan.Free.AddRange(plan.Expired) : plan.Free;
}
