using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>An agent's conversation as the backend grain sees it; the grain believes only the latest one.</summary>
public sealed class AgentSession
{
    /// <summary>
    /// Another agent of the same cluster may take over when this one was not heard of for so long: three of its heartbeats. Before
    /// that it waits, or two agents that were deployed by mistake would throw each other out for ever.
    /// </summary>
    internal static readonly TimeSpan AliveTime = TimeSpan.FromMinutes(1);

    internal AgentSession(long id, IAgentPort port, string instance)
    {
        Id = id;
        Port = port;
        Instance = instance;
    }

    /// <summary>Which agent process it is: the same one may connect again at any time.</summary>
    internal string Instance { get; }

    /// <summary>When the agent last said anything.</summary>
    internal DateTimeOffset LastHeard { get; set; }

    /// <summary>Why the agent cannot watch its cluster at the moment; null while it can.</summary>
    internal string? ClusterError { get; set; }

    internal long Id { get; }

    internal IAgentPort Port { get; }

    /// <summary>The last batch that was staged.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>Whether a snapshot began and has not ended.</summary>
    internal bool InSnapshot { get; set; }

    /// <summary>Whether a snapshot was taken in whole.</summary>
    internal bool SnapshotTaken { get; set; }

    /// <summary>
    /// Compares wanted labels with seen ones and sends what differs and is not on its way already. Only nodes that this session
    /// reported are compared: of others it is not known which label they carry.
    /// </summary>
    /// <param name="reports">How earlier updates went; they may raise the question again.</param>
    /// <param name="nodes">The nodes to compare.</param>
    /// <param name="index">Where the nodes of the reports are.</param>
    internal void FanOutLabels(IReadOnlyList<LabelReport> reports, IEnumerable<NodeGrain> nodes, NodeIndex index)
    {
        var updates = new List<LabelUpdate>();
        foreach (var node in nodes)
        {
            Consider(node, updates);
        }

        foreach (var report in reports)
        {
            if (index.TryGet(report.Node, out var node) && node.LabelReported(report.Outcome, report.Available, report.Message))
            {
                Consider(node, updates);
            }
        }

        if (updates.Count > 0)
        {
            Port.UpdateLabels(updates);
        }
    }

    private void Consider(NodeGrain node, List<LabelUpdate> updates)
    {
        if (node.SeenInSession == Id && node.DecideLabel() is { } value)
        {
            updates.Add(new LabelUpdate(node.Current.Name, node.Current.Uid, value));
        }
    }
}
