namespace Osmo.Kubernetes;

/// <summary>
/// Receives what a <see cref="Reflector"/> sees, from one thread at a time, in order. Calls come from the watch itself: they must be quick
/// and must not block; a consumer with slow work coalesces per node and does it elsewhere. An exception ends the reflector.
/// </summary>
public interface INodeSink
{
    /// <summary>The whole fleet, once, from the first list.</summary>
    void Replace(IReadOnlyList<NodeProjection> nodes);

    /// <summary>A node is new, or its state changed; never called for a state the sink already has.</summary>
    void Upsert(NodeProjection node);

    /// <summary>A node is gone. One created again under its name comes as a deletion of the old uid, then an upsert.</summary>
    void Delete(string name, string uid);

    /// <summary>All that a list brought has been handed over: the sink agrees with the server as of that list.</summary>
    void Synced();
}
