using System.Collections.Immutable;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Serialization;

namespace Osmo.Grains.Nodes;

/// <summary>What an agent says of one node.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid: a node that was deleted and made again has another one. Empty where the agent does not say.</param>
/// <param name="Unschedulable"><c>spec.unschedulable</c>.</param>
/// <param name="Conditions">The node's conditions, in its order.</param>
/// <param name="VerifiedLabel">Value of the verified label as the agent last saw it, or null where the node has none.</param>
/// <param name="Facts">Null: as last reported.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.node-report")]
public sealed record NodeReport(
    [property: Id(0)] string Name,
    [property: Id(1)] string Uid,
    [property: Id(2)] bool Unschedulable,
    [property: Id(3)] ImmutableArray<ConditionPair> Conditions,
    [property: Id(4)] string? VerifiedLabel,
    [property: Id(5)] NodeFacts? Facts)
{
    /// <summary>What the agent judged, where it judges itself; see <see cref="NodeSnapshot.AgentVerdict"/>.</summary>
    [Id(6)]
    public bool? AgentVerdict { get; init; }
}

/// <summary>
/// A batch of reports, applied and made durable as a whole. Its form for other silos is hand-made (<see cref="NodeReportBatchSurrogate"/>).
/// </summary>
/// <param name="Sequence">1 for the first batch of a connection, then one more each.</param>
/// <param name="Reports">Nodes that exist.</param>
/// <param name="Deletions">Names of nodes that no longer exist.</param>
/// <param name="SnapshotBegin">The first batch of a snapshot.</param>
/// <param name="SnapshotEnd">The last one: nodes that the snapshot did not name no longer exist.</param>
[Immutable]
[Alias("osmo.node-report-batch")]
public sealed record NodeReportBatch(
    ulong Sequence,
    ImmutableArray<NodeReport> Reports,
    ImmutableArray<string> Deletions,
    bool SnapshotBegin,
    bool SnapshotEnd);
