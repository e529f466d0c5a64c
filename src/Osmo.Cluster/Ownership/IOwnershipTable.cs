using Osmo.Cluster.Membership;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// The tables that decide who owns which shard, and the few statements that matter. Each is one round trip, one transaction, and
/// short: it gives up (with an exception) long before a lease ends. Every change of an owner adds 1 to the shard's epoch, locks
/// the shard's row against commits, and notifies whoever listens. A row that a commit holds at that moment is left out rather than
/// waited for, so that a commit that hangs delays its own shard and no other; the caller tries again, and where the owner is dead it has
/// whoever holds the row ended.
/// </summary>
internal interface IOwnershipTable
{
    /// <summary>
    /// Enters a silo. A row of the same id is deleted: what it owned is free from then on.
    /// </summary>
    /// <returns>The new incarnation, greater than any before.</returns>
    Task<long> RegisterAsync(SiloRegistration silo, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Extends a lease, whether it still runs or not.</summary>
    /// <returns>False where the silo's row is gone.</returns>
    Task<bool> RenewAsync(long incarnation, SiloReport report, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Reads silos and shards as of one moment.</summary>
    Task<OwnershipSnapshot> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes shards, each only where its epoch is still the given one, its owner absent or its lease expired, and the lease of the
    /// taker itself runs.
    /// </summary>
    /// <returns>What was taken, with the new epochs.</returns>
    Task<IReadOnlyList<ShardEpoch>> ClaimAsync(long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken);

    /// <summary>
    /// Takes shards from whoever owns them, where the lease of the taker itself runs: for an engine that has other means than leases to
    /// know that the owner is gone. Should it be wrong, the owner is refused from then on, and no harm is done.
    /// </summary>
    /// <returns>What was taken, with the new epochs.</returns>
    Task<IReadOnlyList<ShardEpoch>> TakeAsync(long incarnation, IReadOnlyCollection<int> shards, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the sessions of the database that hold rows of shards for longer than a statement may take, so that a claim finds them free.
    /// Only for shards whose owner is absent or its lease expired, and only where the lease of the asking silo runs.
    /// </summary>
    Task<LockHolders> EndHoldersAsync(long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken);

    /// <summary>
    /// Gives shards to another silo, each only where the giver still owns it under that epoch, and where the other one lives.
    /// </summary>
    /// <returns>What was given, with the new epochs.</returns>
    Task<IReadOnlyList<ShardEpoch>> HandOverAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, long recipient, CancellationToken cancellationToken);

    /// <summary>Frees what a silo still owns and deletes its row. Does nothing where it is gone.</summary>
    Task LeaveAsync(long incarnation, CancellationToken cancellationToken);

    /// <summary>Deletes rows of silos whose lease expired some time ago and that own nothing any more.</summary>
    Task ForgetAsync(TimeSpan expiredFor, CancellationToken cancellationToken);

    /// <summary>Compares epochs with the newest ones.</summary>
    /// <returns>The rights that are lost; empty where all still hold.</returns>
    Task<IReadOnlyList<ShardEpoch>> FindLostAsync(IReadOnlyCollection<ShardEpoch> claims, CancellationToken cancellationToken);

    /// <summary>
    /// Calls back once when it has begun to listen, and then whenever an owner changed. Returns only by an exception: the connection
    /// broke, or the token was cancelled.
    /// </summary>
    Task ListenAsync(Action changed, CancellationToken cancellationToken);
}
