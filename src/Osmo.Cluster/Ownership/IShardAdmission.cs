using Osmo.Grains.Errors;

namespace Osmo.Cluster.Ownership;

/// <summary>Asked on a silo before a call of another process reaches its engine.</summary>
internal interface IShardAdmission
{
    /// <summary>
    /// Returns at once where this silo owns the shard. Where it does not know that it does, the table is read first, because whoever
    /// sent the call may have heard earlier of a hand-over; calls that wait together share a reading.
    /// </summary>
    /// <exception cref="OsmoException">
    /// Another silo owns it, or nobody yet (<see cref="ErrorCode.Moved"/> with <see cref="OsmoException.Move"/>); or the database does
    /// not answer (<see cref="ErrorCode.Unavailable"/>).
    /// </exception>
    ValueTask AdmitAsync(int shard, CancellationToken cancellationToken);
}
