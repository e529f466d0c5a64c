using System.Collections.Immutable;

namespace Osmo.Agent;

/// <summary>What an agent has to be told besides where it speaks OSMO's listener protocol.</summary>
public sealed record ListenerOptions
{
    /// <summary>
    /// Sent as <c>x-osmo-user</c> instead of a log-in, to services that believe it (<c>--method dev</c>); null for none.
    /// </summary>
    public string? User { get; init; }

    /// <summary>Messages of one connection that may be unacknowledged; 0 for no limit of the agent's own.</summary>
    public int MaxUnackedMessages { get; init; } = 100;

    /// <summary>How often the service is told anew which nodes there are and what is in use on each.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Namespaces beside the workflows' own whose pods count as workflows'.</summary>
    public ImmutableArray<string> IncludeNamespaceUsage { get; init; } = [];

    /// <summary>Pods asked for per list page.</summary>
    public int ListPodsPageItems { get; init; } = 1_000;

    /// <summary>How often the service is told that the agent is alive.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long nodes are not judged while the service has not said by which conditions; then by the defaults, until it does.
    /// </summary>
    public TimeSpan ConditionsPatience { get; init; } = TimeSpan.FromSeconds(10);
}
