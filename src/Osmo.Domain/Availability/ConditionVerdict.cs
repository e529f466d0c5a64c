namespace Osmo.Domain.Availability;

/// <summary>One condition of a node, with what the rules ask of it.</summary>
/// <param name="Type">The condition's type.</param>
/// <param name="Status">The status that the node reports.</param>
/// <param name="Requirement">What the rules ask, and which entry decided.</param>
public sealed record ConditionVerdict(string Type, string Status, ConditionRequirement Requirement)
{
    /// <summary>Whether the condition is ignored.</summary>
    public bool Ignored => Requirement.Required == RequiredStatus.Any;

    /// <summary>Whether the condition leaves the node available; true for ignored ones.</summary>
    public bool Passes => Requirement.IsMetBy(Status);
}
