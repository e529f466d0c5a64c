namespace Osmo.Domain.Nodes;

/// <summary>A node as it was at one moment. Immutable: readers on any thread share it with the grain.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid; empty where no agent has said it.</param>
/// <param name="Unschedulable"><c>spec.unschedulable</c>.</param>
/// <param name="Conditions">The node's conditions.</param>
/// <param name="Facts">Labels, taints and resources.</param>
/// <param name="Available">The verdict: whether the node may be scheduled on.</param>
/// <param name="AvailableSince">When the verdict last changed, or the node was first seen.</param>
/// <param name="VerifiedLabel">Value of the verified label as last seen; null where the node has none or it is not known yet.</param>
public sealed record NodeSnapshot(
    string Name,
    string Uid,
    bool Unschedulable,
    ConditionSet Conditions,
    NodeFacts Facts,
    bool Available,
    DateTimeOffset AvailableSince,
    string? VerifiedLabel)
{
    /// <summary>
    /// Whether the agent judged the node available; null of agents that leave it to the grain. One that judges reports only conditions
    /// that are True, so its word is needed: the node is available where the agent says so and nothing that is known speaks against it.
    /// </summary>
    public bool? AgentVerdict { get; init; }

    /// <summary>
    /// Which write made the stored row: a random number, so that no two writes of any node ever have the same. 0 if the node was never
    /// written. The next write names it, and the store refuses the write if the row has another.
    /// </summary>
    public long Version { get; init; }

    /// <summary>Whether the agent judged the node available and what it reports speaks against that.</summary>
    public bool AgentDisagrees => AgentVerdict == true && !Available;

    /// <summary>
    /// The label as it has to be stored: an agent that judges nodes does not report it again when it connects again. Others do.
    /// </summary>
    public string? StoredLabel => AgentVerdict is null ? null : VerifiedLabel;

    /// <summary>What is in use; null where the agent does not say.</summary>
    public NodeUsage? Usage { get; init; }

    /// <summary>
    /// Whether a report that led to another state brought anything new. The verdict is not asked: it follows from the rest.
    /// </summary>
    public bool HasSameStateAs(NodeSnapshot other) =>
        !StoredStateDiffersFrom(other) && VerifiedLabel == other.VerifiedLabel;

    /// <summary>Whether another state has to be written, because more than the label, as an agent sees it, is different.</summary>
    public bool StoredStateDiffersFrom(NodeSnapshot other) =>
        Unschedulable != other.Unschedulable
        || !ReferenceEquals(Conditions, other.Conditions)
        || !ReferenceEquals(Facts, other.Facts)
        || AgentVerdict != other.AgentVerdict
        || StoredLabel != other.StoredLabel
        || Usage != other.Usage
        || Uid != other.Uid
        || Available != other.Available;
}
