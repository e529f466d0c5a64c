using System.Text.Json;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>What one turn makes of nodes that it meets several times.</summary>
public sealed class StagedNodesTests
{
    private readonly TurnFixture _backend = new(labels: true);

    [Fact]
    public void A_node_that_comes_and_goes_in_one_turn_was_never_there()
    {
        RunReports(turn =>
        {
            _backend.Report(turn, [TurnFixture.Node("a", ("Ready", "True"))]);
            _backend.Report(turn, [], "a", "never-seen");
        });

        Assert.Empty(_backend.Nodes);
        Assert.DoesNotContain(_backend.Events, happened => happened.Node is not null);
    }

    [Fact]
    public void A_node_that_goes_and_comes_back_in_one_turn_stays()
    {
        RunReports(turn => _backend.Report(turn, [TurnFixture.Node("a", ("Ready", "True"))]));
        RunReports(turn =>
        {
            _backend.Report(turn, [], "a", "b");
            _backend.Report(turn, [TurnFixture.Node("a", ("Ready", "False")), TurnFixture.Node("b", ("Ready", "True"))]);
        });

        Assert.False(_backend.Nodes["a"].Available);
        Assert.True(_backend.Nodes["b"].Available);
        RunReports(turn => _backend.Report(turn, [], "a", "b"));
        Assert.Empty(_backend.Nodes);
        Assert.Equal(2, _backend.Events.Count(happened => happened.Kind == FleetEventKind.NodeDeleted));
    }

    [Fact]
    public void A_new_policy_judges_nodes_of_the_same_turn_and_of_earlier_ones()
    {
        RunReports(turn => _backend.Report(turn, [
            TurnFixture.Node("old-flips", ("Ready", "True"), ("GpuHealthy", "True")),
            TurnFixture.Node("old-stays", ("Ready", "False"), ("GpuHealthy", "True")),
            TurnFixture.Node("old-changes", ("Ready", "True"), ("GpuHealthy", "True"))]));
        _backend.Events.Clear();
        _backend.Labels.Clear();
        using var rules = JsonDocument.Parse("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}""");
        RunReports(turn =>
        {
            _backend.Report(turn, [
                TurnFixture.Node("new", ("Ready", "True"), ("GpuHealthy", "True")),
                TurnFixture.Node("old-changes", ("Ready", "False"), ("GpuHealthy", "True"))]);
            turn.Configure(new ReplaceFields(rules.RootElement), Audit.System, expectedRevision: null);
        });

        var nodes = _backend.Nodes;
        Assert.Equal(["new", "old-flips"], nodes.Values.Where(node => node.Available).Select(node => node.Name).Order());
        Assert.Equal(4, nodes.Count);
        Assert.Equal(["new", "old-changes", "old-flips"], _backend.Events.Where(e => e.Node is not null).Select(e => e.Node!.Name).Order());
        Assert.Equal(["new", "old-flips"], _backend.Labels.Where(label => label.Available).Select(label => label.Node).Order());

        // A verdict follows from the rest, so only what was reported is written.
        Assert.Equal(["new", "old-changes"], _backend.LastCommit.NodeWrites.Select(write => write.Node.Name).Order());
    }

    private void RunReports(Action<BackendTurn> stage) => _backend.Run(turn =>
    {
        stage(turn);
        return true;
    });
}
