namespace Osmo.KubeSim;

/// <summary>Somebody who can authenticate.</summary>
/// <param name="Name">The user name that failures mention.</param>
/// <param name="Verbs">Verbs allowed on nodes, and "list pods", "watch pods" and the same of events; null: everything.</param>
public sealed record KubeSimUser(string Name, IReadOnlySet<string>? Verbs = null)
{
    internal bool May(string verb) => Verbs is null || Verbs.Contains(verb);
}

/// <summary>How a simulated API server is hosted and how it behaves.</summary>
public sealed record KubeSimOptions
{
    /// <summary>TCP port on loopback; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>The cluster to serve; a new, empty one when null.</summary>
    public SimulatedCluster? Cluster { get; init; }

    /// <summary>The clock for bookmarks, timeouts and delays.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>HTTPS with a certificate of a CA made at start; both HTTP versions are then negotiated.</summary>
    public bool Tls { get; init; }

    /// <summary>Without TLS: HTTP/2 with prior knowledge instead of HTTP/1.1, as the two cannot share a plain port.</summary>
    public bool Http2Only { get; init; }

    /// <summary>Bearer tokens and whose they are. Empty: anybody may do everything, unless client certificates are required.</summary>
    public IReadOnlyDictionary<string, KubeSimUser> Tokens { get; init; } = new Dictionary<string, KubeSimUser>();

    /// <summary>With TLS: requests without a token need a client certificate of the server's CA.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>The WatchList feature gate: sendInitialEvents and the bookmark that ends initial events.</summary>
    public bool WatchListEnabled { get; init; } = true;

    /// <summary>How often a quiet or busy watch gets a bookmark.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long before timeoutSeconds the last bookmarks are sent.</summary>
    public TimeSpan BookmarkBeforeEnd { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>timeoutSeconds of a watch that gives none, at least; up to twice as long, as the real server draws it.</summary>
    public TimeSpan WatchTimeoutMin { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a list or get waits for a resourceVersion from the future before it answers 504.</summary>
    public TimeSpan FutureVersionWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a write waits for a storage that does not answer before it gets 504.</summary>
    public TimeSpan StorageTimeout { get; init; } = TimeSpan.FromSeconds(34);

    /// <summary>A watch that is further behind than this many events is closed.</summary>
    public int WatchBacklogEventsMax { get; init; } = 4096;

    /// <summary>Largest request body in bytes.</summary>
    public long RequestBodyBytesMax { get; init; } = 3 * 1024 * 1024;
}
