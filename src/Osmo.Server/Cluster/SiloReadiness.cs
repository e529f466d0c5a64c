using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Server.Cluster;

/// <summary>A silo serves when it holds its lease and owns shards, unless there are more silos than shards.</summary>
internal sealed class SiloReadiness(ISiloLease lease, IClusterView view) : IReadiness
{
    public Task<string?> FindProblemAsync(CancellationToken cancellationToken) => Task.FromResult(lease.State switch
    {
        LeaseState.Serving => OwnsItsShare() ? null : "This silo owns no shards yet; others hand them over to it.",
        LeaseState.Joining => "This silo has not joined the cluster yet.",
        LeaseState.Fenced => "This silo could not renew its lease in time and refuses calls until it has: is the database slow or away?",
        LeaseState.Superseded => "Another process was started with this silo's id; this one stops.",
        _ => "This silo is handing over what it owns, to stop.",
    });

    private bool OwnsItsShare()
    {
        var silos = view.Read().Silos;
        return silos.Count > BackendShard.Count || silos.Any(silo => silo.Silo.Incarnation == lease.Incarnation && silo.Shards > 0);
    }
}
