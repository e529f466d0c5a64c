namespace Osmo.Kubernetes;

/// <summary>Pace and patience of a <see cref="Reflector"/>; the defaults are client-go's where it has them.</summary>
public sealed record ReflectorOptions
{
    /// <summary>A label selector in Kubernetes' notation; null for all nodes.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>
    /// Read the whole fleet from a watch that begins with it (sendInitialEvents) instead of from a list: no pages, and less memory on
    /// the server. One that cannot is asked for a list, so this only ever costs a request.
    /// </summary>
    public bool UsesWatchList { get; init; }

    /// <summary>Shortest time the server is asked to keep a watch open; each watch gets a random one up to twice as long.</summary>
    public TimeSpan WatchTimeoutMin { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Silence after which a watch counts as dead. A server sends bookmarks about every 60 s, so this is more than two missed ones.
    /// </summary>
    public TimeSpan WatchIdleMax { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>First pause after a failure, in milliseconds.</summary>
    public int BackoffMsInitial { get; init; } = 800;

    /// <summary>
    /// Longest pause after a failure, in milliseconds: a server that is away is asked about every six seconds, and one that is back is
    /// followed within ten.
    /// </summary>
    public int BackoffMsMax { get; init; } = 8_000;

    /// <summary>Time without failures after which the pause starts small again.</summary>
    public TimeSpan BackoffResetAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest pause after refused credentials or rights, which seldom mend by themselves, in milliseconds.</summary>
    public int RefusedBackoffMsMax { get; init; } = 30_000;

    /// <summary>
    /// A watch that ends sooner than this is followed by a pause; if it brought nothing it counts as a failure, and is followed by a
    /// list the first time.
    /// </summary>
    public TimeSpan WatchTooShort { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failed watches in a row from one version before a fresh list is made.</summary>
    public int WatchFailuresMax { get; init; } = 10;

    /// <summary>A watch that lasted this long without event or bookmark may stand at a version from the future, and is re-listed.</summary>
    public TimeSpan SilentWatchSuspect { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>After each watch, compare what is known with an exact list at the same version. Costs one list per watch.</summary>
    public bool ChecksConsistency { get; init; }
}
