using System.Collections.Immutable;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Nodes;

/// <summary>Questions to a roster. They read what is published, on any thread.</summary>
internal static class RosterQueries
{
    /// <summary>A backend in numbers.</summary>
    public static BackendStatus Status(this Roster roster, BackendView view, DateTimeOffset now)
    {
        var record = view.Record! with { LastHeartbeat = view.LastHeartbeat };
        var freshness = roster.Watch.OfAll(now);
        var labelsKnown = record.LabelUpdates && view.AgentSynced == true && freshness.IsCurrent;
        var round = roster.LabelRound;
        int nodes = 0, available = 0, wrong = 0, failing = 0, disagreeing = 0;
        foreach (var entry in roster.Nodes)
        {
            var current = entry.Current;
            nodes++;
            available += current.Available ? 1 : 0;
            wrong += labelsKnown && current.VerifiedLabel != NodeConditionPrefix.LabelValue(current.Available) ? 1 : 0;
            failing += entry.LabelStateIn(round).Error is null ? 0 : 1;
            disagreeing += current.AgentDisagrees ? 1 : 0;
        }

        var connected = view.AgentSynced is not null;
        var online = connected && now - view.LastHeartbeat <= AgentSession.AliveTime;
        return new BackendStatus(
            record, online, connected, view.AgentSynced ?? false, nodes, available, wrong, failing, view.ClusterError)
        {
            AgentDisagreements = disagreeing,
            Freshness = freshness,
        };
    }

    /// <summary>A page of nodes.</summary>
    public static NodePage ListNodes(this Roster roster, NodeQuery query, BackendRecord record, DateTimeOffset now)
    {
        var sorted = roster.Sorted();
        var sight = Sight.Of(roster, now);
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

            page.Add(roster.Explain(sorted[i], record, sight));
        }

        return new NodePage(page.ToImmutable(), null);
    }

    /// <summary>A node with the reasons for its verdict.</summary>
    public static NodeExplanation Explain(this Roster roster, NodeEntry entry, BackendRecord record, DateTimeOffset now) =>
        roster.Explain(entry, record, Sight.Of(roster, now));

    private static NodeExplanation Explain(this Roster roster, NodeEntry entry, BackendRecord record, Sight sight)
    {
        var current = entry.Current;
        var (pending, error) = entry.LabelStateIn(roster.LabelRound);
        var label = new LabelState(
            record.Registration.Prefix.LabelKey,
            record.LabelUpdates ? NodeConditionPrefix.LabelValue(current.Available) : null,
            current.VerifiedLabel,
            pending,
            error);
        var verdict = record.Config.NodeConditions.Explain(
            current.Conditions.ToPairs(), current.Unschedulable, current.AgentVerdict);
        return new NodeExplanation(current, verdict, label) { Freshness = sight.Of(entry) };
    }

    private static int FirstAfter(NodeEntry[] sorted, string? after)
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

    /// <summary>As of when nodes are known at the moment of a question.</summary>
    private readonly record struct Sight(long? Session, Freshness Reported, Freshness Others)
    {
        public static Sight Of(Roster roster, DateTimeOffset now) =>
            new(roster.Session?.Id, roster.Watch.OfReported(now), roster.Watch.OfAll(now));

        public Freshness Of(NodeEntry entry) => Session == entry.SeenInSession ? Reported : Others;
    }
}
