namespace Osmo.Cluster.Membership;

/// <summary>The cluster as this process last read it, for people.</summary>
public interface IClusterView
{
    /// <summary>Silos with what they own. Costs nothing; no older than a few seconds while the database answers.</summary>
    ClusterState Read();

    /// <summary>Silos with what they own, read after this call began.</summary>
    /// <exception cref="Osmo.Grains.Errors.OsmoException">The database does not answer.</exception>
    Task<ClusterState> ReadNowAsync(CancellationToken cancellationToken);
}

/// <summary>The cluster at one moment.</summary>
/// <param name="Silos">Every silo that has a row, by incarnation; also those whose lease has expired a short while ago.</param>
/// <param name="ShardsUnowned">Number of shards that nobody owns.</param>
/// <param name="Age">How old this is; null where the table was never read.</param>
public sealed record ClusterState(IReadOnlyList<SiloState> Silos, int ShardsUnowned, TimeSpan? Age);

/// <summary>A silo and what it owns.</summary>
/// <param name="Silo">The silo; <see cref="SiloEntry.LeaseLeft"/> is as of the reading.</param>
/// <param name="Shards">Number of shards that it owns.</param>
public sealed record SiloState(SiloEntry Silo, int Shards);
