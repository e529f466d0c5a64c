namespace Osmo.Grains.Backends;

/// <summary>How an agent introduces itself. Nothing in it is trusted until the backend grain has checked it.</summary>
/// <param name="ClusterUid">The uid of the cluster's <c>kube-system</c> namespace.</param>
/// <param name="Namespace">The namespace that workflows run in.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="NodeConditionPrefix">Prefix of the verified label; empty means the default.</param>
/// <param name="LabelUpdates">Whether the agent was deployed with label updates switched on.</param>
/// <param name="Instance">Random per agent process: tells a reconnect from a second agent.</param>
public sealed record AgentHello(
    string ClusterUid,
    string Namespace,
    string AgentVersion,
    string NodeConditionPrefix,
    bool LabelUpdates,
    string Instance);
