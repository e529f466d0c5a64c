namespace Osmo.Kubernetes;

/// <summary>Kinds of watch events.</summary>
public enum WatchEventType
{
    /// <summary>A type this client does not know; the object was not read.</summary>
    Unknown,

    /// <summary>The object came into being, or into the watch's selector.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object is gone, or left the watch's selector.</summary>
    Deleted,

    /// <summary>Only the resource version moved on.</summary>
    Bookmark,

    /// <summary>The watch failed; <see cref="WatchEvent.Status"/> says why.</summary>
    Error,
}

/// <summary>One decoded line of a watch.</summary>
public readonly struct WatchEvent
{
    /// <summary>What happened.</summary>
    public WatchEventType Type { get; init; }

    /// <summary>
    /// The node, for Added, Modified and Deleted; null when it has no usable name. The known instance itself when its state did not change.
    /// </summary>
    public NodeProjection? Node { get; init; }

    /// <summary>True when <see cref="Node"/> is the known instance: nothing that matters changed.</summary>
    public bool IsUnchanged { get; init; }

    /// <summary>The event's resource version, from which a watch can resume; empty when it carries none.</summary>
    public string ResourceVersion { get; init; }

    /// <summary>True for the bookmark that ends the initial events of a streaming list.</summary>
    public bool IsInitialEventsEnd { get; init; }

    /// <summary>Why the watch failed, for Error.</summary>
    public KubernetesStatus? Status { get; init; }

    /// <summary>Why the node could not be read, when it could not.</summary>
    public MalformedNode? Malformed { get; init; }
}

/// <summary>The nodes already known, asked by name while one is being decoded.</summary>
public interface IKnownNodes
{
    /// <summary>The node of this name, or null.</summary>
    /// <param name="nameUtf8">The name as UTF-8.</param>
    NodeProjection? Find(ReadOnlySpan<byte> nameUtf8);
}
