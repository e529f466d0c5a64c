using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Gateway.Fleet;

/// <summary>A backend in numbers.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Online">Whether an agent is connected and was heard of within a minute; null, as all numbers and what is said of the
/// agent, if the backend's grain does not answer: <paramref name="Error"/> says why.</param>
/// <param name="AgentConnected">Whether an agent is connected now; null if that is not known.</param>
/// <param name="AgentSynced">Whether the connected agent has reported all of its nodes; null if that is not known.</param>
/// <param name="LastHeartbeat">When the agent was last heard of (UTC).</param>
/// <param name="Revision">The revision of its configuration.</param>
/// <param name="Nodes">Number of nodes; null if that is not known.</param>
/// <param name="Available">Number of nodes that may be scheduled on; null if that is not known.</param>
/// <param name="LabelUpdates">Whether the verified label is kept up to date.</param>
/// <param name="LabelsWrong">Number of nodes that carry another label than they should; null while nobody watches.</param>
/// <param name="LabelsFailing">Number of nodes whose last label update failed; null while nobody watches.</param>
/// <param name="Error">Why the numbers cannot be had now, or may be old because the agent cannot watch its cluster; null where
/// they can.</param>
/// <param name="AgentProtocol"><c>channel</c>: our own agent; <c>listener</c>: OSMO's.</param>
/// <param name="AgentDisagreements">Number of nodes that the agent judged available although what it reports speaks against that.</param>
/// <param name="AsOf">When an agent that watches all nodes was last heard of (UTC): the numbers are those of then; null where none
/// ever was.</param>
/// <param name="AgeSeconds">How long ago that was.</param>
/// <param name="Stale">Whether that is more than a minute ago, so that the numbers may not be so any more; null if not known.</param>
internal sealed record BackendSummary(
    string Name,
    bool? Online,
    bool? AgentConnected,
    bool? AgentSynced,
    DateTimeOffset? LastHeartbeat,
    long Revision,
    int? Nodes,
    int? Available,
    bool LabelUpdates,
    int? LabelsWrong,
    int? LabelsFailing,
    string? Error = null,
    string AgentProtocol = BackendSummary.Channel,
    int AgentDisagreements = 0,
    DateTimeOffset? AsOf = null,
    long? AgeSeconds = null,
    bool? Stale = null)
{
    private const string Channel = "channel";

    /// <summary>A backend whose grain does not answer: what the store has of it, and nothing that might not be so.</summary>
    public static BackendSummary Unknown(BackendRecord record, string error) => new(
        record.Name.Value, null, null, null, record.LastHeartbeat, record.Revision, null, null, record.LabelUpdates, null, null, error);

    public static BackendSummary Of(BackendStatus status) => new(
        status.Record.Name.Value,
        status.Online,
        status.AgentConnected,
        status.AgentSynced,
        status.Record.LastHeartbeat,
        status.Record.Revision,
        status.Nodes,
        status.Available,
        status.Record.LabelUpdates,
        status.LabelsKnown ? status.LabelsWrong : null,
        status.LabelsKnown ? status.LabelsFailing : null,
        status.ClusterError,
        status.Record.Registration.Protocol == Domain.Backends.AgentProtocol.Listener ? "listener" : Channel,
        status.AgentDisagreements,
        status.Freshness?.AsOf,
        status.Freshness?.AgeSeconds,
        status.Freshness?.IsStale);
}

/// <summary>Every backend in numbers.</summary>
/// <param name="Backends">By name.</param>
internal sealed record BackendSummaryList(IReadOnlyList<BackendSummary> Backends);

/// <summary>A node in a list.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Available">Whether it may be scheduled on.</param>
/// <param name="AvailableSince">When that last changed, or the node was first seen (UTC).</param>
/// <param name="Unschedulable">Whether it is cordoned.</param>
/// <param name="Reasons">Why it is unavailable, in words; empty where it is available.</param>
/// <param name="VerifiedLabel">Value of the verified label as last seen; null where there is none or it is not known.</param>
/// <param name="AsOf">When an agent that watches the node was last heard of (UTC): all of this is as of then; null where none
/// ever was.</param>
/// <param name="AgeSeconds">How long ago that was.</param>
/// <param name="Stale">Whether that is more than a minute ago: then the verdict is the last known one, and nobody knows whether it is
/// so; null if not known.</param>
internal sealed record NodeSummary(
    string Name,
    bool Available,
    DateTimeOffset AvailableSince,
    bool Unschedulable,
    IReadOnlyList<string> Reasons,
    string? VerifiedLabel,
    DateTimeOffset? AsOf,
    long? AgeSeconds,
    bool? Stale)
{
    public static NodeSummary Of(NodeExplanation explained) => new(
        explained.Node.Name,
        explained.Verdict.Available,
        explained.Node.AvailableSince,
        explained.Node.Unschedulable,
        [.. explained.Verdict.Reasons.Select(reason => reason.Sentence)],
        explained.Node.VerifiedLabel,
        explained.Freshness?.AsOf,
        explained.Freshness?.AgeSeconds,
        explained.Freshness?.IsStale);
}

/// <summary>A page of nodes.</summary>
/// <param name="Nodes">By name.</param>
/// <param name="Continue">Give it as ?continue= to read the next page; null on the last.</param>
internal sealed record NodeSummaryList(IReadOnlyList<NodeSummary> Nodes, string? Continue);

/// <summary>A condition with what the rules ask of it.</summary>
/// <param name="Type">The condition's type.</param>
/// <param name="Status">The status that the node reports.</param>
/// <param name="Required"><c>True</c>, <c>False</c>, <c>Any</c> where it is ignored or has no say, or <c>Matching</c> where the
/// entry has a pattern of statuses.</param>
/// <param name="Passes">Whether it leaves the node available.</param>
/// <param name="Rule">What decided: <c>ready_default</c>, of the lists <c>additional_entry</c>, <c>ignore_entry</c>, or <c>none</c>, of
/// the rules <c>allowing_rule</c>, <c>refusing_rules</c>, or <c>no_rule</c>.</param>
/// <param name="Entry">The entry that matched, or the rules that decided, as they stand in the configuration; null where none did.</param>
internal sealed record ConditionDetail(string Type, string Status, string Required, bool Passes, string Rule, string? Entry)
{
    public static ConditionDetail Of(ConditionVerdict condition) => new(
        condition.Type,
        condition.Status,
        condition.Requirement.Required.ToString(),
        condition.Passes,
        condition.Requirement.Source switch
        {
            RuleSource.ReadyDefault => "ready_default",
            RuleSource.AdditionalEntry => "additional_entry",
            RuleSource.IgnoreEntry => "ignore_entry",
            RuleSource.AllowingRule => "allowing_rule",
            RuleSource.RefusingRules => "refusing_rules",
            RuleSource.NoRule => "no_rule",
            _ => "none",
        },
        condition.Requirement.Entry);
}

/// <summary>The verified label of a node.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Wanted">The value that it should have; null where label updates are off.</param>
/// <param name="Seen">The value that it has; null where there is none or it is not known.</param>
/// <param name="Pending">Whether an update is on its way.</param>
/// <param name="Error">Why the last update failed; null where none did.</param>
internal sealed record LabelDetail(string Key, string? Wanted, string? Seen, bool Pending, string? Error);

/// <summary>A taint.</summary>
internal sealed record TaintDetail(string Key, string Value, string Effect);

/// <summary>A node with the explanation of its verdict.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid.</param>
/// <param name="Available">Whether it may be scheduled on.</param>
/// <param name="AvailableSince">When that last changed, or the node was first seen (UTC).</param>
/// <param name="Unschedulable">Whether it is cordoned.</param>
/// <param name="Reasons">Why it is unavailable, in words; empty where it is available.</param>
/// <param name="Notes">What a reader should know although it decides nothing.</param>
/// <param name="Conditions">Every condition, in the node's order.</param>
/// <param name="Label">The verified label.</param>
/// <param name="Labels">The node's other labels.</param>
/// <param name="Taints">The node's taints.</param>
/// <param name="Allocatable">Resources that pods may use.</param>
/// <param name="Capacity">Resources that the machine has.</param>
/// <param name="AgentVerdict">Whether the agent judged it available; null of agents that leave that to the service.</param>
/// <param name="AgentDisagrees">Whether the agent judged it available although what it reports speaks against that.</param>
/// <param name="Usage">What pods request; null where the agent does not say.</param>
/// <param name="AsOf">When an agent that watches the node was last heard of (UTC): all of this is as of then; null where none
/// ever was.</param>
/// <param name="AgeSeconds">How long ago that was.</param>
/// <param name="Stale">Whether that is more than a minute ago: then the verdict is the last known one, and nobody knows whether it is
/// so; null if not known.</param>
internal sealed record NodeDetail(
    string Backend,
    string Name,
    string Uid,
    bool Available,
    DateTimeOffset AvailableSince,
    bool Unschedulable,
    IReadOnlyList<string> Reasons,
    IReadOnlyList<string> Notes,
    IReadOnlyList<ConditionDetail> Conditions,
    LabelDetail Label,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<TaintDetail> Taints,
    IReadOnlyDictionary<string, string> Allocatable,
    IReadOnlyDictionary<string, string> Capacity,
    bool? AgentVerdict,
    bool AgentDisagrees,
    IReadOnlyDictionary<string, string>? Usage,
    DateTimeOffset? AsOf,
    long? AgeSeconds,
    bool? Stale)
{
    private const string StaleNote = "no agent watches the node now: this is what was last known of it";

    public static NodeDetail Of(BackendName backend, NodeExplanation explained)
    {
        var (node, verdict, label) = explained;
        return new NodeDetail(
            backend.Value,
            node.Name,
            node.Uid,
            verdict.Available,
            node.AvailableSince,
            node.Unschedulable,
            [.. verdict.Reasons.Select(reason => reason.Sentence)],
            explained.Freshness is { IsStale: true } ? [StaleNote, .. verdict.Notes] : verdict.Notes,
            [.. verdict.Conditions.Select(ConditionDetail.Of)],
            new LabelDetail(label.Key, label.Wanted, label.Seen, label.Pending, label.Error),
            Map(node.Facts.Labels.Select(item => (item.Key, item.Value))),
            [.. node.Facts.Taints.Select(taint => new TaintDetail(taint.Key, taint.Value, taint.Effect))],
            Map(node.Facts.Allocatable.Select(item => (item.Name, item.Quantity))),
            Map(node.Facts.Capacity.Select(item => (item.Name, item.Quantity))),
            verdict.AgentVerdict,
            verdict.AgentDisagrees,
            node.Usage is { } usage ? Map(usage.All.Select(item => (item.Name, item.Quantity))) : null,
            explained.Freshness?.AsOf,
            explained.Freshness?.AgeSeconds,
            explained.Freshness?.IsStale);
    }

    /// <summary>What an agent reports twice must not make the node unreadable: the last one counts.</summary>
    private static SortedDictionary<string, string> Map(IEnumerable<(string Key, string Value)> items)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in items)
        {
            map[key] = value;
        }

        return map;
    }
}
