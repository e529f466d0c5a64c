using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Silo.Orleans.Hosting;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Who has which shard, as Orleans sees who is alive: a silo that it takes for dead gets nothing, and what it had is free. So is what a
/// silo had that does not reach the database, of which Orleans knows nothing.
/// </summary>
internal sealed class SeenOwnership(OwnershipWatch watch, ISiloStatusOracle membership)
{
    /// <summary>As of the last reading; null before the first.</summary>
    public OwnershipSnapshot? Current => watch.Current is { } reading ? Of(reading) : null;

    /// <summary>As of now.</summary>
    public async Task<OwnershipSnapshot> RefreshAsync(CancellationToken cancellationToken) =>
        Of(await watch.RefreshAsync(cancellationToken).ConfigureAwait(false));

    private OwnershipSnapshot Of(TableReading reading) => reading.Table with
    {
        Silos = [.. reading.Table.Silos.Select(row => IsActive(row) ? row : row with { LeaseLeft = TimeSpan.Zero })],
    };

    private bool IsActive(SiloEntry row) =>
        row.Address.Scheme == OrleansAddress.Scheme
        && membership.GetApproximateSiloStatus(OrleansAddress.Read(row.Address)) is SiloStatus.Active or SiloStatus.ShuttingDown;
}
