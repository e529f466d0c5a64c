using System.Diagnostics.CodeAnalysis;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Agents;

/// <summary>Checks how an agent introduces itself.</summary>
internal static class AgentHelloCheck
{
    private const int TextCharsMax = 253;

    public static bool TryRead(
        AgentHello hello, [NotNullWhen(true)] out BackendRegistration? registration, [NotNullWhen(false)] out string? problem)
    {
        registration = null;
        var prefixText = hello.NodeConditionPrefix.Length == 0 ? NodeConditionPrefix.RequiredEnding : hello.NodeConditionPrefix;
        if (!NodeConditionPrefix.TryCreate(prefixText, out var prefix, out problem))
        {
            return false;
        }

        problem = hello.ClusterUid.Length is 0 or > TextCharsMax
            ? "The agent reports no usable cluster uid: it must be the uid of the kube-system namespace, "
                + $"at most {TextCharsMax} characters."
            : hello.Namespace.Length > TextCharsMax || hello.AgentVersion.Length > TextCharsMax
                ? $"The agent's namespace and version may have at most {TextCharsMax} characters."
                : null;
        if (problem is not null)
        {
            return false;
        }

        registration = new BackendRegistration(hello.ClusterUid, hello.Namespace, hello.AgentVersion, prefix, hello.LabelUpdates);
        return true;
    }

    /// <summary>As much as the reason of a WebSocket's closing handshake holds, which is all that an OSMO agent logs.</summary>
    public static string ShortConflictMessage(BackendName name, string holder) =>
        $"{name} is cluster {holder}: choose another --backend, or set its k8s_uid";

    public static string ConflictMessage(BackendName name, string holder, string? claimant) =>
        $"The name {name} belongs to the cluster with uid {holder}; this agent runs in the cluster with uid {claimant}. "
        + $"Deploy the agent with another backend name, or give the name to this cluster by setting k8s_uid of backend {name}.";
}
