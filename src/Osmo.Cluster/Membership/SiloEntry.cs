namespace Osmo.Cluster.Membership;

/// <summary>A silo as the database knows it.</summary>
/// <param name="Incarnation">Unique for every start of a silo, and greater than that of any earlier start.</param>
/// <param name="Id">The silo's id, for people: the pod's name in Kubernetes.</param>
/// <param name="Address">Where other processes reach it.</param>
/// <param name="Version">The version of its build.</param>
/// <param name="ProtocolVersion">The newest version of the cluster protocol that it speaks.</param>
/// <param name="StartedAt">When it joined, by the database's clock.</param>
/// <param name="LeaseLeft">How long its lease still runs, by the database's clock when it was read; negative where it has expired.</param>
/// <param name="Draining">Whether it is handing over its shards to end.</param>
/// <param name="Backends">How many backends were active on it at its last renewal.</param>
/// <param name="Nodes">How many nodes these have.</param>
public sealed record SiloEntry(
    long Incarnation,
    string Id,
    Uri Address,
    string Version,
    int ProtocolVersion,
    DateTimeOffset StartedAt,
    TimeSpan LeaseLeft,
    bool Draining,
    int Backends,
    long Nodes);
