using System.Collections.Immutable;

namespace Osmo.Domain.Nodes;

/// <summary>A label of a node.</summary>
/// <param name="Key">The whole key, prefix included.</param>
/// <param name="Value">The value; may be empty.</param>
public sealed record NodeLabel(string Key, string Value);

/// <summary>A taint of a node.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; may be empty.</param>
/// <param name="Effect"><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</param>
public sealed record NodeTaint(string Key, string Value, string Effect);

/// <summary>An amount of a resource.</summary>
/// <param name="Name">For example <c>nvidia.com/gpu</c>.</param>
/// <param name="Quantity">As Kubernetes writes it, for example <c>2113374Mi</c>.</param>
public sealed record NodeResource(string Name, string Quantity);

/// <summary>
/// What is known of a node beside its state: it changes rarely and plays no part in availability. The verified label is not
/// among the labels, because Osmo itself writes it. Immutable, with value equality.
/// </summary>
/// <param name="Labels">Sorted by key.</param>
/// <param name="Taints">In the node's order.</param>
/// <param name="Allocatable">What pods may use.</param>
/// <param name="Capacity">What the machine has.</param>
public sealed record NodeFacts(
    ImmutableArray<NodeLabel> Labels,
    ImmutableArray<NodeTaint> Taints,
    ImmutableArray<NodeResource> Allocatable,
    ImmutableArray<NodeResource> Capacity)
{
    /// <summary>The facts of a node of which none are known.</summary>
    public static NodeFacts Empty { get; } = new([], [], [], []);

    /// <inheritdoc/>
    public bool Equals(NodeFacts? other) =>
        other is not null
        && (ReferenceEquals(this, other)
            || (Labels.AsSpan().SequenceEqual(other.Labels.AsSpan())
                && Taints.AsSpan().SequenceEqual(other.Taints.AsSpan())
                && Allocatable.AsSpan().SequenceEqual(other.Allocatable.AsSpan())
                && Capacity.AsSpan().SequenceEqual(other.Capacity.AsSpan())));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Labels.Length, Taints.Length, Allocatable.Length, Capacity.Length);
}
