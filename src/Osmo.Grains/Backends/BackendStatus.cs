using Osmo.Domain.Backends;

namespace Osmo.Grains.Backends;

/// <summary>A backend in numbers, counted at the moment of asking.</summary>
/// <param name="Record">The backend.</param>
/// <param name="Online">Whether its agent was heard of lately (<see cref="BackendRecord.OnlineWindow"/>).</param>
/// <param name="AgentConnected">Whether an agent is connected now.</param>
/// <param name="AgentSynced">Whether a connected agent has reported all of its nodes.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Available">Number of nodes that may be scheduled on.</param>
/// <param name="LabelsWrong">Number of nodes that carry another label than they should; 0 where updates are off, and while
/// no agent is in step, because it is not known then.</param>
/// <param name="LabelsFailing">Number of nodes whose last label update failed.</param>
/// <param name="ClusterError">Why the agent cannot watch its cluster at the moment: the numbers may be old. Null while it can.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.backend-status")]
public sealed record BackendStatus(
    [property: Id(0)] BackendRecord Record,
    [property: Id(1)] bool Online,
    [property: Id(2)] bool AgentConnected,
    [property: Id(3)] bool AgentSynced,
    [property: Id(4)] int Nodes,
    [property: Id(5)] int Available,
    [property: Id(6)] int LabelsWrong,
    [property: Id(7)] int LabelsFailing,
    [property: Id(8)] string? ClusterError)
{
    /// <summary>Number of nodes that the agent judged available and what it reports speaks against that.</summary>
    [Id(9)]
    public int AgentDisagreements { get; init; }
}
