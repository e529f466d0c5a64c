using Osmo.Domain.Availability;

namespace Osmo.Domain.Backends;

/// <summary>What a backend's agent says of itself and of its cluster when it connects.</summary>
/// <param name="ClusterUid">The uid of the cluster's <c>kube-system</c> namespace: the identity of the cluster. Null until an agent
/// has connected.</param>
/// <param name="Namespace">The namespace that workflows run in.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="Prefix">Prefix of the verified label; the agent's to decide, because it is deployed with it.</param>
/// <param name="AgentLabelUpdates">Whether the agent was deployed with label updates switched on.</param>
public sealed record BackendRegistration(
    string? ClusterUid,
    string Namespace,
    string AgentVersion,
    NodeConditionPrefix Prefix,
    bool AgentLabelUpdates)
{
    /// <summary>Of a backend that was declared and whose agent has not connected yet.</summary>
    public static BackendRegistration None { get; } = new(null, "", "", NodeConditionPrefix.Default, AgentLabelUpdates: false);

    /// <summary>How the agent speaks. No part of the backend's document.</summary>
    public AgentProtocol Protocol { get; init; }
}

/// <summary>How an agent speaks to the service.</summary>
public enum AgentProtocol
{
    /// <summary>Our own agent channel: the agent reports everything it sees, and the grain judges.</summary>
    Channel,

    /// <summary>OSMO's listener protocol: the agent judges, and patches labels by its own decision.</summary>
    Listener,
}
