namespace Osmo.Cluster.Membership;

/// <summary>What a silo says of itself when it joins.</summary>
/// <param name="Id">Its id: the pod's name in Kubernetes. A live silo of the same id is superseded.</param>
/// <param name="Address">Where other processes reach it.</param>
/// <param name="Version">The version of its build.</param>
/// <param name="ProtocolVersion">The newest version of the cluster protocol that it speaks.</param>
/// <param name="Engine">What decides which silo runs what: one of <see cref="ClusterEngine"/>.</param>
public sealed record SiloRegistration(
    string Id, Uri Address, string Version, int ProtocolVersion, string Engine = ClusterEngine.Postgresql);

/// <summary>What a silo says of itself with every renewal of its lease.</summary>
/// <param name="Draining">Whether it hands over its shards to end.</param>
/// <param name="Backends">How many backends are active on it.</param>
/// <param name="Nodes">How many nodes these have.</param>
internal readonly record struct SiloReport(bool Draining, int Backends, long Nodes);
