using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Gateway.Fleet;
using Osmo.Grains.Nodes;
using Xunit;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>What the fleet routes say of nodes.</summary>
public sealed class FleetViewTests
{
    private static readonly BackendName East = BackendName.Parse("east");
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(59, false)]
    [InlineData(61, true)]
    public void A_verdict_carries_its_age_and_stays_what_it_was(int seconds, bool isStale)
    {
        var explained = Explained(Freshness.Of(Now.AddSeconds(-seconds), Now));
        var detail = NodeDetail.Of(East, explained);
        var summary = NodeSummary.Of(explained);
        var expected = (true, (DateTimeOffset?)Now.AddSeconds(-seconds), (long?)seconds, (bool?)isStale);
        Assert.Equal(expected, (detail.Available, detail.AsOf, detail.AgeSeconds, detail.Stale));
        Assert.Equal(expected, (summary.Available, summary.AsOf, summary.AgeSeconds, summary.Stale));
        Assert.Equal(isStale, detail.Notes.Any(note => note.Contains("no agent watches", StringComparison.Ordinal)));
    }

    [Fact]
    public void Where_a_silo_does_not_say_how_old_a_verdict_is_nobody_knows()
    {
        var detail = NodeDetail.Of(East, Explained(null));
        Assert.Equal(((DateTimeOffset?)null, (long?)null, (bool?)null), (detail.AsOf, detail.AgeSeconds, detail.Stale));
    }

    [Fact]
    public void A_node_that_was_never_watched_has_no_age_and_a_clock_that_went_back_makes_none_negative()
    {
        Assert.Equal(new Freshness(null, null, IsCurrent: false), Freshness.Of(null, Now));
        Assert.Equal(new Freshness(Now.AddSeconds(5), TimeSpan.Zero, IsCurrent: true), Freshness.Of(Now.AddSeconds(5), Now));
    }

    private static NodeExplanation Explained(Freshness? freshness)
    {
        var table = new ConditionTable();
        Assert.True(new ConditionSetPool(table).TryShare([new ConditionPair("Ready", "True")], out var conditions));
        var node = new NodeSnapshot("n", "u", false, conditions, NodeFacts.Empty, true, Now, "True");
        var verdict = NodeConditionRules.Default.Explain(conditions.ToPairs(), unschedulable: false);
        return new NodeExplanation(node, verdict, new LabelState("k", "True", "True", false, null)) { Freshness = freshness };
    }
}
