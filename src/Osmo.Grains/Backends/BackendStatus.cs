using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>A backend in numbers, counted at the moment of asking.</summary>
/// <param name="Record">The backend.</param>
/// <param name="Online">Whether an agent is connected and was heard of lately (<see cref="AgentSession.AliveTime"/>).</param>
/// <param name="AgentConnected">Whether an agent is connected now.</param>
/// <param name="AgentSynced">Whether a connected agent has reported all of its nodes.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Available">Number of nodes that may be scheduled on.</param>
/// <param name="LabelsWrong">Number of nodes that carry another label than they should; 0 where updates are off, and where
/// <paramref name="AgentSynced"/> or <see cref="Freshness"/> says that it is not known.</param>
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

    /// <summary>As of when the numbers are known; null of silos that do not say.</summary>
    [Id(10)]
    public Freshness? Freshness { get; init; }

    /// <summary>Whether <see cref="LabelsWrong"/> and <see cref="LabelsFailing"/> are known.</summary>
    public bool LabelsKnown => !Record.LabelUpdates || (AgentSynced && Freshness is not { IsCurrent: false });
}
