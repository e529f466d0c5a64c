namespace Osmo.Kubernetes;

/// <summary>
/// The fleet as the initial events of a watch tell it, kept apart until the bookmark that ends them: what is cut short before that is
/// no list and must not be taken for one.
/// </summary>
internal sealed class InitialEvents
{
    private readonly Dictionary<string, NodeProjection> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MalformedNode> _malformed = new(StringComparer.Ordinal);

    /// <summary>Takes one event; the whole list when it was the one that ends them.</summary>
    public NodeList? Add(in WatchEvent watchEvent)
    {
        if (watchEvent.Type == WatchEventType.Bookmark)
        {
            return watchEvent.IsInitialEventsEnd
                ? new NodeList([.. _nodes.Values], watchEvent.ResourceVersion, [.. _malformed.Values])
                : null;
        }

        string name = watchEvent.Node?.Name ?? watchEvent.Malformed?.Name ?? "";
        _nodes.Remove(name);
        _malformed.Remove(name);
        if (watchEvent.Type == WatchEventType.Deleted)
        {
            return null;
        }

        if (watchEvent.Node is { } node)
        {
            _nodes[name] = node;
        }

        if (watchEvent.Malformed is { } malformed)
        {
            _malformed[name] = malformed;
        }

        return null;
    }
}
