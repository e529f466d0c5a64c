using Orleans.Metadata;
using Osmo.Grains.Backends;
using Osmo.Grains.Silos;

namespace Osmo.Silo.Membership;

/// <summary>Who is in the cluster, as this member knows it.</summary>
internal sealed class Members(
    IClusterMembershipService membership,
    IClusterManifestProvider manifests,
    GrainTypeResolver types,
    ILocalSiloDetails local,
    IGrainFactory grains)
{
    private readonly GrainType _backend = types.GetGrainType(typeof(BackendGrain));

    /// <summary>This member.</summary>
    public SiloAddress Own => local.SiloAddress;

    /// <summary>All members that the table knows, those that are dead too.</summary>
    public IEnumerable<ClusterMember> All => membership.CurrentSnapshot.Members.Values;

    /// <summary>The members that take part.</summary>
    public SiloAddress[] Active =>
        [.. All.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress)];

    /// <summary>The members that take part and run backends.</summary>
    public SiloAddress[] Hosts => [.. Active.Where(HostsBackends)];

    /// <summary>
    /// The other members that take part and can be called: one that has just joined has to say first which grains it has.
    /// </summary>
    public IEnumerable<SiloAddress> Others => Active.Where(silo => !silo.Equals(Own) && manifests.Current.Silos.ContainsKey(silo));

    /// <summary>Whether a member takes part.</summary>
    public bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    /// <summary>Whether a member runs backends; false as long as it has not said.</summary>
    public bool HostsBackends(SiloAddress silo) =>
        manifests.Current.Silos.TryGetValue(silo, out var manifest) && manifest.Grains.ContainsKey(_backend);

    /// <summary>The grain of a member.</summary>
    public ISiloGrain GrainOf(SiloAddress silo) => grains.GetGrain<ISiloGrain>(silo.ToParsableString());

    /// <summary>Calls back when members come or go, or say what they run; ends when it is cancelled.</summary>
    public Task FollowAsync(Action changed, CancellationToken cancellationToken) => Task.WhenAll(
        FollowAsync(membership.MembershipUpdates, changed, cancellationToken),
        FollowAsync(manifests.Updates, changed, cancellationToken));

    private static async Task FollowAsync<T>(IAsyncEnumerable<T> updates, Action changed, CancellationToken cancellationToken)
    {
        await foreach (var _ in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            changed();
        }
    }
}
