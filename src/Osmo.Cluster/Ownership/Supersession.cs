using Osmo.Cluster.Membership;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Ownership;

/// <summary>Whether another process has taken the place of a silo whose row is gone.</summary>
internal static class Supersession
{
    /// <summary>The error to end with; null where no other process has the silo's id, so that it may join again.</summary>
    /// <param name="table">Read after the row was found gone.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="own">The incarnation that it had.</param>
    public static OsmoException? Find(OwnershipSnapshot table, SiloRegistration silo, long own) =>
        table.Silos.FirstOrDefault(row => row.Id == silo.Id && row.Incarnation > own) is { } other
            ? new OsmoException(
                ErrorCode.Unavailable,
                $"Another process joined the cluster as silo {silo.Id}, at {other.Address} with incarnation {other.Incarnation}: this one,"
                + $" incarnation {own} at {silo.Address}, must stop. Where both should run, give each an id of its own (--silo-id).")
            : null;
}
