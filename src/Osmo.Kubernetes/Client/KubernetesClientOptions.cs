namespace Osmo.Kubernetes;

/// <summary>Limits of a client's requests.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>How long a connection may take to come up.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer may take to begin. An API server itself gives up on etcd after 34 s.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the body of an answer that is not a watch may stall.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Quiet time on an HTTP/2 connection after which it is pinged.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a ping may stay unanswered before the connection counts as dead.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Largest single node, on a list page or a watch line, in bytes.</summary>
    public int NodeBytesMax { get; init; } = 16 << 20;

    /// <summary>Nodes asked for per list page.</summary>
    public int ListPageItems { get; init; } = 500;
}
