namespace Osmo.Cluster.Routing;

/// <summary>How patient routing is, and how much of it goes on at a time.</summary>
public sealed record ClusterRoutingOptions
{
    /// <summary>How long a call is tried in all.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long making a connection may take, handshake included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often each end of a connection pings the other.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a ping may go unanswered before the connection counts as broken.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// The same for connections that carry an agent's frames: nothing is read from them while a slow store holds the agent back. That a
    /// silo is gone is known from the route table before.
    /// </summary>
    public TimeSpan AgentKeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Most calls under way from this process for one backend: a slow one takes these, and no more of a connection's.
    /// </summary>
    public int CallsPerBackendMax { get; init; } = 256;

    /// <summary>The first pause before a call is tried again; it doubles up to <see cref="RetryPauseMax"/>, with jitter.</summary>
    public TimeSpan RetryPauseFirst { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause before a call is tried again.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause before an agent is joined to a silo again.</summary>
    public TimeSpan AgentPauseMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long events go on being followed after the last watcher left, so that one who comes back can resume.</summary>
    public TimeSpan WatchLinger { get; init; } = TimeSpan.FromSeconds(30);
}
