using System.Collections.Immutable;
using Osmo.Grains.Availability;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>Questions to a backend grain. They read what is published, on any thread, and never wait for a turn.</summary>
public static class BackendQueries
{
    /// <summary>The backend in numbers; null where no agent has registered it.</summary>
    public static BackendStatus? Status(this BackendGrain grain, DateTimeOffset now)
    {
        var view = grain.View;
        if (view.Record is not { } record)
        {
            return null;
        }

        record = record with { LastHeartbeat = view.LastHeartbeat };
        var labelsKnown = record.LabelUpdates && view.AgentSynced == true;
        int nodes = 0, available = 0, wrong = 0, failing = 0, disagreeing = 0;
        foreach (var node in grain.Nodes.Nodes)
        {
            var current = node.Current;
            nodes++;
            available += current.Available ? 1 : 0;
            wrong += labelsKnown && current.VerifiedLabel != NodeConditionPrefix.LabelValue(current.Available) ? 1 : 0;
            failing += node.LabelError is null ? 0 : 1;
            disagreeing += current.AgentDisagrees ? 1 : 0;
        }

        var connected = view.AgentSynced is not null;
        return new BackendStatus(
            record, record.IsOnline(now), connected, view.AgentSynced ?? false, nodes, available, wrong, failing, view.ClusterError)
        {
            AgentDisagreements = disagreeing,
        };
    }

    /// <summary>Number of nodes that the agent judged available and what it reports speaks against that.</summary>
    public static int DisagreementCount(this BackendGrain grain) => grain.Nodes.Nodes.Count(node => node.Current.AgentDisagrees);

    /// <summary>A page of nodes; null where no agent has registered the backend.</summary>
    public static NodePage? ListNodes(this BackendGrain grain, NodeQuery query)
    {
        if (grain.View.Record is not { } record)
        {
            return null;
        }

        var sorted = grain.Nodes.Sorted();
        var page = ImmutableArray.CreateBuilder<NodeExplanation>();
        for (var i = FirstAfter(sorted, query.After); i < sorted.Length; i++)
        {
            if (!query.Selects(sorted[i].Current, record.Registration.Prefix))
            {
                continue;
            }

            if (page.Count == query.Limit)
            {
                return new NodePage(page.ToImmutable(), page[^1].Node.Name);
            }

            page.Add(Explain(sorted[i], record));
        }

        return new NodePage(page.ToImmutable(), null);
    }

    /// <summary>A node with the reasons for its verdict; null where the backend or the node is unknown.</summary>
    public static NodeExplanation? ExplainNode(this BackendGrain grain, string name) =>
        grain.View.Record is { } record && grain.Nodes.TryGet(name, out var node) ? Explain(node, record) : null;

    private static NodeExplanation Explain(NodeGrain node, BackendRecord record)
    {
        var current = node.Current;
        var label = new LabelState(
            record.Registration.Prefix.LabelKey,
            record.LabelUpdates ? NodeConditionPrefix.LabelValue(current.Available) : null,
            current.VerifiedLabel,
            node.LabelPending,
            node.LabelError);
        var verdict = record.Config.NodeConditions.Explain(
            current.Conditions.ToPairs(), current.Unschedulable, current.AgentVerdict);
        return new NodeExplanation(current, verdict, label);
    }

    private static int FirstAfter(NodeGrain[] sorted, string? after)
    {
        if (after is null)
        {
            return 0;
        }

        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(sorted[middle].Current.Name, after) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
