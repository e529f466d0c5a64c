using Orleans.Concurrency;
using Osmo.Domain.Errors;

namespace Osmo.Grains.Nodes;

/// <summary>
/// A node: the only place where its verdict is decided, and the only writer of its row. The key is <c>backend/node</c>; it runs on the silo
/// of its backend's grain, with which it shares the roster, and is awake only while something happens to it.
/// <para>
/// The backend's grain names its activation with everything that it tells. What another one tells has no effect: a message of one that has
/// ended may arrive after it, and its order means nothing here.
/// </para>
/// <para>
/// Every method may throw <see cref="OsmoException"/> with <see cref="ErrorCode.Moved"/> if the backend's grain is not, or not any more, on
/// the silo that the node was placed on, and with <see cref="ErrorCode.Unavailable"/> if the store does not answer.
/// </para>
/// </summary>
[Alias("osmo.node")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>The node, the verdict with its reasons, and its label; linearizable.</summary>
    /// <exception cref="OsmoException">The backend or the node is unknown (<see cref="ErrorCode.NotFound"/>).</exception>
    [AlwaysInterleave]
    [Alias("explain")]
    Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken);

    /// <summary>Takes what an agent says of the node. When it returns, that is durable and published.</summary>
    /// <param name="activation">The activation of the backend that tells it; see <see cref="Roster.Activation"/>.</param>
    /// <param name="observation">What it says.</param>
    [Alias("observe")]
    ValueTask<NodeOutcome> ObserveAsync(long activation, NodeObservation observation);

    /// <summary>Takes what an agent says is in use of the node; nothing if the node is not known.</summary>
    /// <param name="activation">The activation of the backend that tells it.</param>
    /// <param name="observation">What it says.</param>
    [Alias("use")]
    ValueTask<NodeOutcome> UseAsync(long activation, NodeUsageObservation observation);

    /// <summary>The node does not exist any more. When it returns, its row is gone.</summary>
    /// <param name="activation">The activation of the backend that tells it.</param>
    /// <param name="order">The place of this among what happened to the backend's nodes; see <see cref="NodeObservation.Order"/>.</param>
    [Alias("remove")]
    ValueTask<NodeOutcome> RemoveAsync(long activation, long order);

    /// <summary>
    /// Looks at the node again: the rules, the label switch, or the agent's session changed. Judges it by the rules in force, writes it if
    /// the verdict flips, and asks for its label if that differs.
    /// </summary>
    /// <param name="activation">The activation of the backend that asks for it.</param>
    [Alias("review")]
    ValueTask<NodeOutcome> ReviewAsync(long activation);

    /// <summary>The agent says how an update of the label went.</summary>
    /// <param name="activation">The activation of the backend that tells it.</param>
    /// <param name="report">How it went.</param>
    [Alias("label-reported")]
    ValueTask<NodeOutcome> LabelReportedAsync(long activation, LabelReport report);
}

/// <summary>What became of something that was told to a node.</summary>
[GenerateSerializer]
[Alias("osmo.node-outcome")]
public enum NodeOutcome
{
    /// <summary>It is durable, or there was nothing to write.</summary>
    Done,

    /// <summary>It was left out, because something newer is known.</summary>
    Outdated,

    /// <summary>The report left out the node's facts, and none are known.</summary>
    FactsMissing,
}
