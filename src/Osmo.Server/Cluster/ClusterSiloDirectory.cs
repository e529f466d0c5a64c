using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;

namespace Osmo.Server.Cluster;

/// <summary>The silos of the cluster, as this process last read them.</summary>
internal sealed class ClusterSiloDirectory(IClusterView view) : ISiloDirectory
{
    public async Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken)
    {
        var state = await ReadAsync(cancellationToken);
        if (state.Age is not { } age)
        {
            throw new OsmoException(ErrorCode.Unavailable, "The database has not said yet which silos there are. Try again.");
        }

        return
        [
            .. state.Silos
                .OrderBy(entry => entry.Silo.Id, StringComparer.Ordinal).ThenBy(entry => entry.Silo.Incarnation)
                .Select(entry => new SiloSummary(
                    entry.Silo.Id,
                    entry.Silo.Incarnation,
                    entry.Silo.Address,
                    entry.Silo.Version,
                    entry.Silo.StartedAt,
                    entry.Silo.LeaseLeft - age,
                    entry.Silo.Draining,
                    entry.Shards,
                    entry.Silo.Backends,
                    entry.Silo.Nodes)),
        ];
    }

    /// <summary>What was read last is better than nothing while the database is away: one sees the leases run out.</summary>
    private async Task<ClusterState> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await view.ReadNowAsync(cancellationToken);
        }
        catch (OsmoException)
        {
            return view.Read();
        }
    }
}
