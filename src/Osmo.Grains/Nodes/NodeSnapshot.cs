namespace Osmo.Grains.Nodes;

/// <summary>A node as it was at one moment. Immutable: readers on any thread share it with the grain.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid; empty where no agent has said it.</param>
/// <param name="Unschedulable"><c>spec.unschedulable</c>.</param>
/// <param name="Conditions">The node's conditions.</param>
/// <param name="Facts">Labels, taints and resources.</param>
/// <param name="Available">The verdict: whether the node may be scheduled on.</param>
/// <param name="AvailableSince">When the verdict last changed; null where that happened before this activation.</param>
/// <param name="VerifiedLabel">Value of the verified label as last seen; null where the node has none or it is not known yet.</param>
public sealed record NodeSnapshot(
    string Name,
    string Uid,
    bool Unschedulable,
    ConditionSet Conditions,
    NodeFacts Facts,
    bool Available,
    DateTimeOffset? AvailableSince,
    string? VerifiedLabel)
{
    /// <summary>
    /// Whether the agent judged the node available; null of agents that leave it to the grain. One that judges reports only conditions
    /// that are True, so its word is needed: the node is available where the agent says so and nothing that is known speaks against it.
    /// </summary>
    public bool? AgentVerdict { get; init; }

    /// <summary>Whether the agent judged the node available and what it reports speaks against that.</summary>
    public bool AgentDisagrees => AgentVerdict == true && !Available;

    /// <summary>
    /// The label as it has to be stored: an agent that judges nodes does not report it again when it connects again. Others do.
    /// </summary>
    public string? StoredLabel => AgentVerdict is null ? null : VerifiedLabel;

    /// <summary>What is in use; null where the agent does not say.</summary>
    public NodeUsage? Usage { get; init; }
}
