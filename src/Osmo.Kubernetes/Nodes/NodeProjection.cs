using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>
/// What matters of a Kubernetes Node. Immutable. Times, images, addresses and managed fields are left out on purpose:
/// two projections of a node that differ only by a kubelet heartbeat are the same state.
/// </summary>
public sealed class NodeProjection
{
    /// <summary><c>metadata.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>metadata.uid</c>: a node deleted and created again under the same name has another one.</summary>
    public string Uid { get; init; } = "";

    /// <summary>
    /// <c>metadata.resourceVersion</c> of the event that brought this state: opaque, but newer versions compare greater as numbers.
    /// </summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary><c>spec.unschedulable</c>: the node is cordoned.</summary>
    public bool Unschedulable { get; init; }

    /// <summary>Labels, sorted by key (ordinal), each key once.</summary>
    public ImmutableArray<NodeLabel> Labels { get; init; } = [];

    /// <summary>Taints in the node's order.</summary>
    public ImmutableArray<NodeTaint> Taints { get; init; } = [];

    /// <summary>Conditions in the node's order.</summary>
    public ImmutableArray<NodeCondition> Conditions { get; init; } = [];

    /// <summary><c>status.allocatable</c> in the order the server sent (which is by name).</summary>
    public ImmutableArray<NodeResource> Allocatable { get; init; } = [];

    /// <summary><c>status.capacity</c> in the order the server sent (which is by name).</summary>
    public ImmutableArray<NodeResource> Capacity { get; init; } = [];

    /// <summary>The value of a label, or null when the node does not carry it.</summary>
    public string? FindLabel(string key)
    {
        ReadOnlySpan<NodeLabel> labels = Labels.AsSpan();
        int low = 0;
        int high = labels.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = string.CompareOrdinal(labels[middle].Key, key);
            if (order == 0)
            {
                return labels[middle].Value;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>Whether both say the same of the same node: everything but <see cref="ResourceVersion"/> is compared.</summary>
    public bool SameState(NodeProjection other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other)
            || (Unschedulable == other.Unschedulable
                && Name == other.Name
                && Uid == other.Uid
                && Same(Conditions, other.Conditions)
                && Same(Labels, other.Labels)
                && Same(Taints, other.Taints)
                && Same(Allocatable, other.Allocatable)
                && Same(Capacity, other.Capacity));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}@{ResourceVersion}";

    private static bool Same<T>(ImmutableArray<T> left, ImmutableArray<T> right)
        where T : class, IEquatable<T> => left == right || Same(left.AsSpan(), right.AsSpan());

    internal static bool Same<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right)
        where T : class, IEquatable<T>
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (!ReferenceEquals(left[i], right[i]) && !left[i].Equals(right[i]))
            {
                return false;
            }
        }

        return true;
    }
}
