using System.Collections.Immutable;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>
/// A compute backend: its configuration, its agent, and the roster of its nodes. The key is the backend's name.
/// <para>
/// Every method may throw <see cref="OsmoException"/> with <see cref="ErrorCode.NotFound"/> if no agent has registered the backend, with
/// <see cref="ErrorCode.Unavailable"/> if the store does not answer, and with <see cref="ErrorCode.Moved"/> if another activation has
/// taken the backend over: then the same call finds that one.
/// </para>
/// </summary>
[Alias("osmo.backend")]
public interface IBackendGrain : IGrainWithStringKey
{
    /// <summary>The backend and its numbers; linearizable: what any earlier answer said is in it.</summary>
    [Alias("get")]
    Task<BackendStatus> GetAsync(CancellationToken cancellationToken);

    /// <summary>Changes the configuration. When it returns, the change is durable and every node is judged by it.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="audit">Who makes it and why; with a request id the change applies once, however often the call is repeated.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null if it does not matter.</param>
    /// <param name="cancellationToken">Ends the wait; the change may be made all the same.</param>
    /// <returns>The backend after the change; its revision is the old one if nothing changed.</returns>
    /// <exception cref="OsmoException">A rule is broken, or the revision is another one.</exception>
    [Alias("configure")]
    Task<BackendRecord> ConfigureAsync(ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken);

    /// <summary>Deletes the backend and its nodes.</summary>
    /// <param name="audit">Who does it and why.</param>
    /// <param name="expectedRevision">The revision that the caller has seen; null if it does not matter.</param>
    /// <param name="cancellationToken">Ends the wait; the backend may be deleted all the same.</param>
    [Alias("delete")]
    Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken);

    /// <summary>A page of its nodes, from the roster.</summary>
    [Alias("list-nodes")]
    Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken);

    /// <summary>Says which silo runs the grain. Answers for a name that is not registered, too, and reads nothing.</summary>
    [Alias("ping")]
    ValueTask<BackendPlacement> PingAsync();

    /// <summary>An agent connects: it is joined, and registers the backend if it is new; or it is refused.</summary>
    /// <param name="hello">How it introduces itself.</param>
    /// <param name="observer">The way back to the agent.</param>
    [Alias("connect-agent")]
    Task<AgentJoined> ConnectAgentAsync(AgentHello hello, IAgentObserver observer);

    /// <summary>Takes a batch of node reports. Batches of a session are taken in the order of their sequence numbers.</summary>
    /// <param name="session">The session that <see cref="ConnectAgentAsync"/> gave.</param>
    /// <param name="batch">The reports.</param>
    /// <returns>True if everything in the batch is durable; false if the agent broke the protocol, which ends the session.</returns>
    /// <exception cref="OsmoException">The session has ended (<see cref="ErrorCode.Moved"/>): the agent has to connect again.</exception>
    [Alias("report")]
    Task<bool> ReportAsync(long session, NodeReportBatch batch);

    /// <summary>The agent says how label updates went.</summary>
    /// <exception cref="OsmoException">The session has ended (<see cref="ErrorCode.Moved"/>).</exception>
    [Alias("report-labels")]
    Task ReportLabelsAsync(long session, ImmutableArray<LabelReport> reports);

    /// <summary>The agent lives.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="clusterError">Why it cannot watch its cluster at the moment; null while it can.</param>
    /// <exception cref="OsmoException">The session has ended (<see cref="ErrorCode.Moved"/>).</exception>
    [Alias("heartbeat")]
    Task HeartbeatAsync(long session, string? clusterError);

    /// <summary>Asks whether the session still exists, which changes nothing.</summary>
    [Alias("has-session")]
    ValueTask<bool> HasSessionAsync(long session);

    /// <summary>An agent's connection, or one of an OSMO agent's, has ended.</summary>
    [Alias("disconnect")]
    Task DisconnectAsync(long session);

    /// <summary>
    /// A connection of an OSMO agent introduces itself: it is joined, and registers the backend if it is new; or it is refused.
    /// </summary>
    /// <param name="hello">How it introduces itself.</param>
    /// <param name="observer">The way back to the agent.</param>
    [Alias("connect-listener")]
    Task<AgentJoined> ConnectListenerAsync(ListenerHello hello, IListenerObserver observer);

    /// <summary>Takes messages of an OSMO agent, in their order; one that was taken before has no effect again.</summary>
    /// <param name="session">The session that <see cref="ConnectListenerAsync"/> gave.</param>
    /// <param name="reports">The messages; those about no node only say that the agent lives.</param>
    /// <returns>When the effects of all of them are durable.</returns>
    /// <exception cref="OsmoException">The session has ended (<see cref="ErrorCode.Moved"/>).</exception>
    [Alias("report-listener")]
    Task ReportListenerAsync(long session, ImmutableArray<ListenerReport> reports);
}

/// <summary>Where a backend's grain is.</summary>
/// <param name="Silo">The name of the silo that runs it.</param>
/// <param name="Address">The silo's address, as Orleans writes it.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.backend-placement")]
public sealed record BackendPlacement([property: Id(0)] string Silo, [property: Id(1)] string Address);
