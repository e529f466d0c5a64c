namespace Osmo.Domain.Availability;

/// <summary>What kind of reason makes a node unavailable.</summary>
public enum NodeReasonKind
{
    /// <summary><c>spec.unschedulable</c> is true.</summary>
    Cordoned,

    /// <summary>A condition does not have the status that the rules ask for.</summary>
    Condition,

    /// <summary>The agent, which sees more than it reports, judged the node unavailable.</summary>
    Agent,
}

/// <summary>One reason why a node is unavailable: fields for programs and a sentence for people.</summary>
/// <param name="Kind">The kind of reason; the other fields but <paramref name="Sentence"/> are null or None but for a condition.</param>
/// <param name="Condition">The type of the failing condition.</param>
/// <param name="Status">The status that the node reports.</param>
/// <param name="Required">The status asked for: <c>True</c> or <c>False</c>; null where a pattern says which (see the entry).</param>
/// <param name="Source">The part of the rules that asks for it.</param>
/// <param name="Entry">The entry that matched the type (<c>Ready</c> for the default), or null when none did. Of <c>rules</c>, those
/// that apply and do not allow the status, as they stand in a document.</param>
/// <param name="Sentence">The reason in words, without a full stop.</param>
public sealed record NodeReason(
    NodeReasonKind Kind,
    string? Condition,
    string? Status,
    string? Required,
    RuleSource Source,
    string? Entry,
    string Sentence)
{
    internal static NodeReason OfCordon() =>
        new(NodeReasonKind.Cordoned, null, null, null, RuleSource.None, null, "cordoned (spec.unschedulable is true)");

    internal static NodeReason OfAgent() => new(
        NodeReasonKind.Agent,
        null,
        null,
        null,
        RuleSource.None,
        null,
        "judged unavailable by the agent, which reports only conditions that are True: see the others with kubectl describe node");

    internal static NodeReason OfCondition(ConditionVerdict condition)
    {
        var (required, source, entry) = condition.Requirement;
        var because = source switch
        {
            RuleSource.ReadyDefault => "always required",
            RuleSource.AdditionalEntry => $"additional_node_conditions has \"{entry}\"",
            RuleSource.RefusingRules => $"rules has {entry}",
            _ => "no entry names it",
        };
        var status = condition.Status.Length == 0 ? "(empty)" : condition.Status;
        return new(
            NodeReasonKind.Condition,
            condition.Type,
            condition.Status,
            required == RequiredStatus.Matching ? null : required.ToString(),
            source,
            entry,
            $"{condition.Type} is {status}, {(required == RequiredStatus.Matching ? "which no rule allows" : $"must be {required}")} "
            + $"({because})");
    }
}
