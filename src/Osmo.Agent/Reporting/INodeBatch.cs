using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Takes the nodes that wait to be reported, in a protocol's own way. One thread at a time.</summary>
internal interface INodeBatch
{
    /// <summary>The nodes that follow begin a snapshot of all.</summary>
    bool SnapshotBegin { get; set; }

    /// <summary>The snapshot ends with these nodes.</summary>
    bool SnapshotEnd { get; set; }

    /// <summary>It takes no further node.</summary>
    bool IsFull { get; }

    /// <summary>It has nothing to say.</summary>
    bool IsEmpty { get; }

    /// <summary>Starts over.</summary>
    void Clear();

    /// <summary>Adds a node.</summary>
    /// <param name="current">Its state; null when it is gone.</param>
    /// <param name="sent">The state that was taken before; null when none was.</param>
    void Add(NodeProjection? current, NodeProjection? sent);
}
