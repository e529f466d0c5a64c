namespace Osmo.Cluster.Wire;

/// <summary>What a process does in its cluster.</summary>
public enum ClusterRole
{
    /// <summary>It runs no grains.</summary>
    Gateway,

    /// <summary>It runs grains, and may be a gateway as well.</summary>
    Silo,
}

/// <summary>Who this process is to the others of its cluster.</summary>
/// <param name="ClusterId">The identity of the database: processes of two clusters refuse each other.</param>
/// <param name="Id">The process's id, for people: the pod's name in Kubernetes.</param>
/// <param name="Role">What it does.</param>
public sealed record ClusterMember(Guid ClusterId, string Id, ClusterRole Role);
