using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Events;
using Osmo.Grains.Nodes;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>What a roster keeps of its nodes, and how it judges them.</summary>
public sealed class RosterTests : IDisposable
{
    private static readonly BackendName Name = BackendName.Parse("b");
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly Watchers _watchers = new();
    private readonly Roster _roster;

    public RosterTests()
    {
        _roster = new Roster(Name, activation: 1, NodeConditionRules.Default, _watchers);
        Show("{}");
    }

    [Fact]
    public void Conditions_of_ever_new_types_are_forgotten_when_their_nodes_are_gone()
    {
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 2_000; i++)
            {
                Report(new NodeReport(
                    $"n{i}",
                    $"uid-{round}-{i}",
                    false,
                    [new($"Type{round}-{i}", "False"), new("Ready", i % 2 == 0 ? "True" : "False")],
                    null,
                    NodeFacts.Empty));
            }
        }

        Show("""{"node_conditions":{"additional_node_conditions":["Type11-4"]}}""");
        Assert.Equal(["n4"], _roster.FindToReview());
        Assert.True(Review("n2").Available);
        Assert.False(Review("n3").Available);
        Assert.False(Review("n4").Available);
        Assert.Equal(["Type11-4", "Ready"], _roster.Sorted().Single(entry => entry.Current.Name == "n4").Current.Conditions.ToPairs()
            .Select(condition => condition.Type));
    }

    [Fact]
    public void A_change_of_rules_finds_the_nodes_whose_verdict_flips_and_no_others()
    {
        Report(Node("flips", ("Ready", "True"), ("GpuHealthy", "True")));
        Report(Node("stays", ("Ready", "False"), ("GpuHealthy", "True")));
        Report(Node("plain", ("Ready", "True")));
        Assert.Empty(_roster.FindToReview());
        Show("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}""");
        Assert.Equal(["flips"], _roster.FindToReview());
        Assert.True(Review("flips").Available);
        Assert.Empty(_roster.FindToReview());
    }

    [Fact]
    public void A_verdict_that_stays_keeps_its_time()
    {
        Report(Node("n", ("Ready", "True")));
        var later = _roster.Judge(Node("n", ("Ready", "True"), ("Disk", "False")), Current("n"), Now.AddHours(1)).Node;
        Assert.Equal(Now, later.AvailableSince);
        var flipped = _roster.Judge(Node("n", ("Ready", "False")), Current("n"), Now.AddHours(1)).Node;
        Assert.Equal(Now.AddHours(1), flipped.AvailableSince);
    }

    [Fact]
    public void Nodes_with_the_same_conditions_share_one_set_and_equal_facts_stay_the_same_object()
    {
        Report(Node("a", ("Ready", "True"), ("Disk", "False")));
        Report(Node("b", ("Ready", "True"), ("Disk", "False")));
        Assert.Same(Current("a").Conditions, Current("b").Conditions);
        var facts = new NodeFacts([new NodeLabel("zone", "a")], [], [], []);
        Report(Node("a", ("Ready", "True")) with { Facts = facts });
        var again = _roster.Judge(
            Node("a", ("Ready", "True")) with { Facts = facts with { Labels = [new NodeLabel("zone", "a")] } }, Current("a"), Now).Node;
        Assert.Same(facts, again.Facts);
        Assert.True(Current("a").HasSameStateAs(again));
    }

    [Fact]
    public void Watchers_are_told_of_every_node_that_comes_changes_and_goes()
    {
        Report(Node("n", ("Ready", "True")));
        Report(Node("n", ("Ready", "False")));
        Assert.True(_roster.TryGet("n", out var entry));
        _roster.Remove(entry);
        Assert.Equal(
            [(FleetEventKind.NodeChanged, true), (FleetEventKind.NodeChanged, false), (FleetEventKind.NodeDeleted, false)],
            _watchers.Events.Select(happened => (happened.Kind, happened.Node!.Available)));
        Assert.Equal(0, _roster.Count);
    }

    public void Dispose() => _roster.Dispose();

    private static NodeReport Node(string name, params (string Type, string Status)[] conditions) => new(
        name, $"uid-{name}", false, [.. conditions.Select(c => new ConditionPair(c.Type, c.Status))], null, NodeFacts.Empty);

    private NodeSnapshot Current(string name) => _roster.TryGet(name, out var entry) ? entry.Current : throw new KeyNotFoundException(name);

    private void Report(NodeReport report)
    {
        _roster.TryGet(report.Name, out var entry);
        var before = entry?.Current.Uid == report.Uid ? entry.Current : null;
        _roster.Publish(entry, _roster.Judge(report, before, Now).Node);
    }

    private NodeSnapshot Review(string name)
    {
        Assert.True(_roster.TryGet(name, out var entry));
        _roster.Publish(entry, _roster.Judge(entry.Current, Now).Node);
        return entry.Current;
    }

    private void Show(string json)
    {
        using var fields = JsonDocument.Parse(json);
        var registration = new BackendRegistration("uid", "workflows", "1.0", NodeConditionPrefix.Default, AgentLabelUpdates: false);
        var record = new BackendRecord(Name, BackendConfig.Default, registration, 1, Now, Now);
        _roster.Show(new ReplaceFields(fields.RootElement.Clone()).ApplyTo(record), session: null);
    }

    private sealed class Watchers : IFleetEventSink
    {
        public List<FleetEvent> Events { get; } = [];

        public void Publish(FleetEvent happened) => Events.Add(happened);
    }
}
