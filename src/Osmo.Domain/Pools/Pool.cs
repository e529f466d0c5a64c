using System.Collections.Immutable;
using Osmo.Domain.Nodes;

namespace Osmo.Domain.Pools;

/// <summary>A named set of the nodes of a backend, in platforms.</summary>
/// <param name="Name">The pool's name.</param>
/// <param name="Backend">The name of the backend whose nodes it has; such a backend need not be registered.</param>
/// <param name="Platforms">Its platforms, by name. A node may be in several.</param>
/// <param name="GpuQuota">How many GPUs it may use at most; null for as many as there are.</param>
/// <param name="Maintenance">Whether it was taken out of service.</param>
public sealed record Pool(
    string Name, string Backend, ImmutableArray<PoolPlatform> Platforms, long? GpuQuota = null, bool Maintenance = false);

/// <summary>A kind of nodes in a pool: those that a pod made from the platform's templates may run on.</summary>
/// <param name="Name">The platform's name.</param>
/// <param name="NodeSelector">Labels that its nodes have, all of them.</param>
/// <param name="Tolerations">What its pods tolerate.</param>
public sealed record PoolPlatform(string Name, ImmutableArray<NodeLabel> NodeSelector, ImmutableArray<Toleration> Tolerations)
{
    private const string Preference = "PreferNoSchedule";

    /// <summary>What its pods may ask for.</summary>
    public PodAllowances Allowances { get; init; } = PodAllowances.None;

    /// <summary>Whether a node is one of the platform, available or not.</summary>
    /// <param name="node">The node.</param>
    /// <param name="verifiedLabel">The key of the verified label, which is not among the node's other labels.</param>
    public bool Admits(NodeSnapshot node, string verifiedLabel)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (var wanted in NodeSelector)
        {
            if (wanted.Value != (wanted.Key == verifiedLabel ? node.VerifiedLabel : ValueOf(node.Facts.Labels, wanted.Key)))
            {
                return false;
            }
        }

        // A taint that is a preference keeps nobody away.
        return node.Facts.Taints.All(
            taint => taint.Effect == Preference || Tolerations.Any(toleration => toleration.Tolerates(taint)));
    }

    private static string? ValueOf(ImmutableArray<NodeLabel> labels, string key)
    {
        foreach (var label in labels)
        {
            if (label.Key == key)
            {
                return label.Value;
            }
        }

        return null;
    }
}

/// <summary>What pods of a platform may ask for beyond what any pod may.</summary>
/// <param name="HostNetwork">The node's network.</param>
/// <param name="Privileged">Privileged containers.</param>
/// <param name="DefaultMounts">Paths of the node that every pod has.</param>
/// <param name="AllowedMounts">Paths of the node that a pod may ask for.</param>
public sealed record PodAllowances(
    bool HostNetwork, bool Privileged, ImmutableArray<string> DefaultMounts, ImmutableArray<string> AllowedMounts)
{
    /// <summary>Nothing.</summary>
    public static PodAllowances None { get; } = new(false, false, [], []);
}
