namespace Osmo.Grains.Agents;

/// <summary>How an agent introduces itself. Nothing in it is trusted until the backend grain has checked it.</summary>
/// <param name="ClusterUid">The uid of the cluster's <c>kube-system</c> namespace.</param>
/// <param name="Namespace">The namespace that workflows run in.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="NodeConditionPrefix">Prefix of the verified label; empty means the default.</param>
/// <param name="LabelUpdates">Whether the agent was deployed with label updates switched on.</param>
/// <param name="Instance">Random per agent process: tells a reconnect from a second agent.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.agent-hello")]
public sealed record AgentHello(
    [property: Id(0)] string ClusterUid,
    [property: Id(1)] string Namespace,
    [property: Id(2)] string AgentVersion,
    [property: Id(3)] string NodeConditionPrefix,
    [property: Id(4)] bool LabelUpdates,
    [property: Id(5)] string Instance);
