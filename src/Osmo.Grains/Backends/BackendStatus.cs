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
public sealed record BackendStatus(
    BackendRecord Record,
    bool Online,
    bool AgentConnected,
    bool AgentSynced,
    int Nodes,
    int Available,
    int LabelsWrong,
    int LabelsFailing,
    string? ClusterError)
{
    /// <summary>Number of nodes that the agent judged available and what it reports speaks against that.</summary>
    public int AgentDisagreements { get; init; }
}
