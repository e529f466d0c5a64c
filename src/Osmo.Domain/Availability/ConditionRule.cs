namespace Osmo.Domain.Availability;

/// <summary>One pair of <c>rules</c>: conditions whose type matches the one pattern may have the statuses that match the other.</summary>
/// <param name="Type">The pattern of types, in Python's notation; anchored at its start only.</param>
/// <param name="Status">The pattern of statuses, in Python's notation; it must match the whole status.</param>
public readonly record struct ConditionRule(string Type, string Status)
{
    /// <summary>As the rule stands in a document: <c>"Gpu.*": "True"</c>.</summary>
    public override string ToString() => $"\"{Type}\": \"{Status}\"";
}
