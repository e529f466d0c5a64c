using Osmo.Grains.Availability;

namespace Osmo.Cli.Input;

/// <summary>What the rules look at of a node.</summary>
internal sealed record NodeState(string Name, bool Unschedulable, IReadOnlyList<ConditionPair> Conditions);
