using System.Collections.Immutable;

namespace Osmo.Domain.Nodes;

/// <summary>What of a node is in use, as the sum of what its pods request. Immutable, with value equality.</summary>
/// <param name="All">By every pod.</param>
/// <param name="NonWorkflow">By pods that belong to no workflow.</param>
public sealed record NodeUsage(ImmutableArray<NodeResource> All, ImmutableArray<NodeResource> NonWorkflow)
{
    /// <inheritdoc/>
    public bool Equals(NodeUsage? other) =>
        other is not null
        && All.AsSpan().SequenceEqual(other.All.AsSpan())
        && NonWorkflow.AsSpan().SequenceEqual(other.NonWorkflow.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(All.Length, NonWorkflow.Length);
}
