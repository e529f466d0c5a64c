using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Engine;

/// <summary>
/// Calls to a backend grain. Every method may throw <see cref="OsmoException"/> with <see cref="ErrorCode.NotFound"/> where no
/// agent has registered the backend, and with <see cref="ErrorCode.Unavailable"/> where it cannot be served now.
/// </summary>
public interface IBackendGrain
{
    /// <summary>The backend and its numbers.</summary>
    Task<BackendStatus> GetAsync(CancellationToken cancellationToken);

    /// <summary>Changes the configuration. When it returns, the change is durable and every node is judged by it.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="audit">Who makes it and why.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null where it does not matter.</param>
    /// <param name="cancellationToken">Ends the wait; the change may be made all the same.</param>
    /// <returns>The backend after the change; its revision is the old one where nothing changed.</returns>
    /// <exception cref="OsmoException">A rule is broken, or the revision is another one.</exception>
    Task<BackendRecord> ConfigureAsync(ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken);

    /// <summary>Deletes the backend and its nodes.</summary>
    /// <param name="audit">Who does it and why.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null where it does not matter.</param>
    /// <param name="cancellationToken">Ends the wait; the backend may be deleted all the same.</param>
    Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken);

    /// <summary>A page of its nodes.</summary>
    Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Goes through the backend's mailbox and back and says where that is: how an operator learns which process serves a backend,
    /// and how long its queue is. Answers for a name that is not registered, too.
    /// </summary>
    Task<BackendPlacement> PingAsync(CancellationToken cancellationToken);
}

/// <summary>Where a backend's grain is.</summary>
/// <param name="Silo">The id of the silo that runs it.</param>
/// <param name="Shard">The shard that it belongs to.</param>
/// <param name="Epoch">The epoch under which the silo owns the shard; null where one process owns everything.</param>
public sealed record BackendPlacement(string Silo, int Shard, long? Epoch);

/// <summary>Calls to a node grain.</summary>
public interface INodeGrain
{
    /// <summary>The node, the verdict with its reasons, and its label.</summary>
    /// <exception cref="OsmoException">The backend or the node is unknown, or cannot be served now.</exception>
    Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken);
}
