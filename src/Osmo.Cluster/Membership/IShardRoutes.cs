using Osmo.Grains.Errors;

namespace Osmo.Cluster.Membership;

/// <summary>Who owns a shard, as far as this process knows.</summary>
/// <param name="Epoch">The shard's epoch; of two routes the one with the greater epoch is right.</param>
/// <param name="Owner">The owner; null where nobody is known to own it.</param>
public readonly record struct ShardRoute(long Epoch, SiloEntry? Owner);

/// <summary>
/// The route table of a process: who owns which shard. Kept by notifications of the database, by reading it now and then, and by
/// what refusals say. It may always be old; that costs a caller a refusal and another try, and never more.
/// </summary>
public interface IShardRoutes
{
    /// <summary>Whether the table was read at least once and is not older than what readiness allows.</summary>
    bool IsCurrent { get; }

    /// <summary>The incarnation of this process where it is a silo; null in a gateway.</summary>
    long? OwnIncarnation { get; }

    /// <summary>Who owns a shard.</summary>
    ShardRoute Get(int shard);

    /// <summary>The silos that are known to live, by id.</summary>
    IReadOnlyList<SiloEntry> Silos { get; }

    /// <summary>A refusal said who owns a shard; ignored where the table knows a greater epoch.</summary>
    void Learn(int shard, long epoch, long ownerIncarnation);

    /// <summary>
    /// Returns when the table has been read again after this call began, or when the shard's route differs from the given one.
    /// Reads of callers that wait together are one.
    /// </summary>
    /// <exception cref="OsmoException">The database does not answer (<see cref="ErrorCode.Unavailable"/>).</exception>
    Task RefreshAsync(int shard, ShardRoute known, CancellationToken cancellationToken);
}
