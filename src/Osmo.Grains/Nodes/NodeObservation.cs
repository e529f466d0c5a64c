using Osmo.Domain.Nodes;

namespace Osmo.Grains.Nodes;

/// <summary>What an agent says of a node, as the backend's grain passes it on.</summary>
/// <param name="Order">
/// Its place among all that the backend's grain has taken for its nodes: a node leaves out what is older than what it has seen.
/// </param>
/// <param name="Session">The agent's session; 0 if the agent does not compare labels with us.</param>
/// <param name="Report">What the agent says.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-observation")]
public sealed record NodeObservation(
    [property: Id(0)] long Order, [property: Id(1)] long Session, [property: Id(2)] NodeReport Report);

/// <summary>What an agent says is in use of a node.</summary>
/// <param name="Order">See <see cref="NodeObservation.Order"/>.</param>
/// <param name="Usage">What is in use.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-usage-observation")]
public sealed record NodeUsageObservation([property: Id(0)] long Order, [property: Id(1)] NodeUsage Usage);
