using System.Collections.Immutable;

namespace Osmo.Domain.Availability;

/// <summary>Whether a node may be scheduled on, and why.</summary>
public sealed class NodeVerdict
{
    /// <summary>The note of a node that reports no <c>Ready</c> condition.</summary>
    public const string ReadyNotReportedNote = "no Ready condition reported";

    /// <summary>The note of a node that the agent judges otherwise.</summary>
    public const string AgentDisagreesNote =
        "the agent judged the node available: it has not taken the newest node_conditions yet, or reads them otherwise";

    /// <summary>The verdict that follows from what was asked of each condition.</summary>
    /// <param name="conditions">Every condition in the node's order.</param>
    /// <param name="cordoned">Whether <c>spec.unschedulable</c> is true.</param>
    /// <param name="agentVerdict">What the agent judged, of agents that judge; they report only conditions that are True.</param>
    public NodeVerdict(ImmutableArray<ConditionVerdict> conditions, bool cordoned, bool? agentVerdict = null)
    {
        Conditions = conditions;
        Cordoned = cordoned;
        AgentVerdict = agentVerdict;

        var reasons = ImmutableArray.CreateBuilder<NodeReason>();
        if (cordoned)
        {
            reasons.Add(NodeReason.OfCordon());
        }

        foreach (var condition in conditions)
        {
            ReadyReported |= condition.Type == NodeConditionRules.ReadyType;
            if (!condition.Passes)
            {
                reasons.Add(NodeReason.OfCondition(condition));
            }
        }

        AgentDisagrees = agentVerdict == true && reasons.Count > 0;
        if (agentVerdict == false && reasons.Count == 0)
        {
            reasons.Add(NodeReason.OfAgent());
        }

        Reasons = reasons.ToImmutable();
    }

    /// <summary>Whether the node may be scheduled on: there is no reason against it.</summary>
    public bool Available => Reasons.IsEmpty;

    /// <summary>Whether <c>spec.unschedulable</c> is true.</summary>
    public bool Cordoned { get; }

    /// <summary>Whether the node reports a <c>Ready</c> condition at all. Its absence alone makes no node unavailable.</summary>
    public bool ReadyReported { get; }

    /// <summary>What the agent judged; null of agents that leave it to us.</summary>
    public bool? AgentVerdict { get; }

    /// <summary>
    /// Whether the agent judged the node available and what it reports speaks against that. The other way round is no disagreement: the
    /// agent sees more than it reports.
    /// </summary>
    public bool AgentDisagrees { get; }

    /// <summary>Every condition in the node's order, with what was asked of it: passed, failed and ignored ones.</summary>
    public ImmutableArray<ConditionVerdict> Conditions { get; }

    /// <summary>Why not: the cordon, then failing conditions in the node's order. Empty when the node is available.</summary>
    public ImmutableArray<NodeReason> Reasons { get; }

    /// <summary>What a reader should know although it decides nothing.</summary>
    public ImmutableArray<string> Notes =>
        AgentDisagrees ? [AgentDisagreesNote] : ReadyReported || AgentVerdict is not null ? [] : [ReadyNotReportedNote];
}
