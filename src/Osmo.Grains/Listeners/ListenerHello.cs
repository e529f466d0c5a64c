using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Listeners;

/// <summary>How a connection of an OSMO agent introduces itself (its message <c>init</c>).</summary>
/// <param name="Channel">What the connection carries.</param>
/// <param name="ClusterUid">The uid of the cluster's <c>kube-system</c> namespace.</param>
/// <param name="Namespace">The namespace that workflows run in.</param>
/// <param name="Version">The agent's version.</param>
/// <param name="Prefix">What the agent puts before <c>verified</c> when it labels nodes; nobody has checked it.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-hello")]
public sealed record ListenerHello(
    [property: Id(0)] ListenerChannel Channel,
    [property: Id(1)] string ClusterUid,
    [property: Id(2)] string Namespace,
    [property: Id(3)] string Version,
    [property: Id(4)] string Prefix)
{
    private const int TextCharsMax = 253;

    /// <summary>What breaks a rule, for people; null where nothing does.</summary>
    internal string? Problem =>
        ClusterUid.Length is 0 or > TextCharsMax
            ? $"k8s_uid must be the uid of the kube-system namespace, 1 to {TextCharsMax} characters."
            : Namespace.Length > TextCharsMax || Version.Length > TextCharsMax
                ? $"k8s_namespace and version may have at most {TextCharsMax} characters."
                : null;

    /// <summary>
    /// The registration that follows. A prefix that is not legal is no reason to refuse the agent, which would come again every three
    /// seconds for ever: the prefix in force stays.
    /// </summary>
    internal BackendRegistration Register(BackendRegistration? current) => new(
        ClusterUid,
        Namespace,
        Version,
        NodeConditionPrefix.TryCreate(Prefix, out var prefix, out _) ? prefix : current?.Prefix ?? NodeConditionPrefix.Default,
        AgentLabelUpdates: false)
    {
        Protocol = AgentProtocol.Listener,
    };
}
