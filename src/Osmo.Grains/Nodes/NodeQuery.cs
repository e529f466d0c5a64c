using System.Collections.Immutable;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Nodes;

/// <summary>Which nodes of a backend to list, in ordinal order of their names.</summary>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-query")]
public sealed record NodeQuery
{
    /// <summary>The page size of a query that names none.</summary>
    public const int LimitDefault = 500;

    /// <summary>The largest page.</summary>
    public const int LimitMax = 5_000;

    /// <summary>Only available nodes, or only unavailable ones; null for both.</summary>
    [Id(0)]
    public bool? Available { get; init; }

    /// <summary>Only nodes with these labels.</summary>
    [Id(1)]
    public LabelSelector? Labels { get; init; }

    /// <summary>Only nodes that report a condition of this type.</summary>
    [Id(2)]
    public string? ConditionType { get; init; }

    /// <summary>With <see cref="ConditionType"/>: only where the condition has this status.</summary>
    [Id(3)]
    public string? ConditionStatus { get; init; }

    /// <summary>Only nodes after this name.</summary>
    [Id(4)]
    public string? After { get; init; }

    /// <summary>Most nodes to return.</summary>
    [Id(5)]
    public int Limit { get; init; } = LimitDefault;

    internal bool Selects(NodeSnapshot node, NodeConditionPrefix prefix) =>
        (Available is null || node.Available == Available)
        && (Labels is null || Labels.Matches(node.Facts.Labels, prefix.LabelKey, node.VerifiedLabel))
        && (ConditionType is null || node.Conditions.ToPairs().Any(HasCondition));

    private bool HasCondition(ConditionPair condition) =>
        condition.Type == ConditionType && (ConditionStatus is null || condition.Status == ConditionStatus);
}

/// <summary>What is known of a node's verified label.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Wanted">The value that it should have; null where label updates are off.</param>
/// <param name="Seen">The value that it has; null where the node has none or it is not known yet.</param>
/// <param name="Pending">Whether an update is on its way.</param>
/// <param name="Error">Why the last update failed; null where none did.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.label-state")]
public sealed record LabelState(
    [property: Id(0)] string Key,
    [property: Id(1)] string? Wanted,
    [property: Id(2)] string? Seen,
    [property: Id(3)] bool Pending,
    [property: Id(4)] string? Error);

/// <summary>A node with everything that can be said of it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Verdict">The verdict with its reasons.</param>
/// <param name="Label">Its verified label.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-explanation")]
public sealed record NodeExplanation(
    [property: Id(0)] NodeSnapshot Node, [property: Id(1)] NodeVerdict Verdict, [property: Id(2)] LabelState Label)
{
    /// <summary>As of when that is known; null of silos that do not say.</summary>
    [Id(3)]
    public Freshness? Freshness { get; init; }
}

/// <summary>A page of nodes.</summary>
/// <param name="Nodes">The nodes, by name.</param>
/// <param name="Continue">Where the next page begins (<see cref="NodeQuery.After"/>); null on the last page.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-page")]
public sealed record NodePage([property: Id(0)] ImmutableArray<NodeExplanation> Nodes, [property: Id(1)] string? Continue);
