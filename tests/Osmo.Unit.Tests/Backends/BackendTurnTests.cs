using System.Text.Json;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>What a turn shows before, and after, it is durable.</summary>
public sealed class BackendTurnTests
{
    private static readonly BackendName Name = BackendName.Parse("b");
    private static readonly AgentHello Hello = new("uid", "workflows", "1.0", "", LabelUpdates: true, "one");

    private readonly MemoryStore _store = new();
    private readonly RecordingPort _port = new();
    private BackendGrain _grain;
    private DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public BackendTurnTests() => _grain = NewGrain();

    [Fact]
    public void Nothing_is_shown_or_said_before_the_commit_is_durable()
    {
        var turn = _grain.BeginTurn(_now);
        var session = turn.Connect(Hello, _port)!;
        turn.Report(session, Batch(1, Node("n1", "True")));
        var commit = turn.Commit();

        Assert.Null(_grain.View.Record);
        Assert.Null(_port.Welcomed);
        Assert.Equal(0UL, _port.Acknowledged);
        Assert.NotNull(commit.Record);
        Assert.Single(commit.NodeWrites);

        turn.Publish(_store.Commit(commit));
        Assert.True(_port.Welcomed);
        Assert.Equal(1UL, _port.Acknowledged);
        Assert.Equal([new LabelUpdate("n1", "uid-n1", true)], _port.Labels);
        Assert.Equal(1, _grain.View.Record!.Revision);
    }

    [Fact]
    public void A_turn_that_is_never_published_leaves_the_grain_as_it_was()
    {
        var session = Join();
        Run(turn => turn.Report(session, Batch(1, Node("n1", "True"))));
        var abandoned = _grain.BeginTurn(_now);
        abandoned.Configure(Edit("""{"description":"lost"}"""), Audit.System, null);
        abandoned.Commit();

        Assert.Equal("", _grain.View.Record!.Config.Description);
        _grain = NewGrain();
        Assert.Equal("", _grain.View.Record!.Config.Description);
        Assert.True(_grain.ExplainNode("n1")!.Verdict.Available);
    }

    [Fact]
    public void A_configuration_call_ends_its_turn_even_where_it_changes_nothing()
    {
        Join();
        var turn = _grain.BeginTurn(_now);
        Assert.False(turn.Configure(Edit("""{"description":""}"""), Audit.System, null));
        Assert.True(turn.IsComplete);
        Assert.True(turn.Commit().IsEmpty);
        Assert.True(_grain.BeginTurn(_now).Configure(Edit("""{"description":"x"}"""), Audit.System, null));
    }

    [Fact]
    public void Only_what_changed_is_written_and_facts_only_when_they_changed()
    {
        var session = Join();
        var facts = new NodeFacts([new NodeLabel("a", "b")], [], [], []);
        Assert.True(Run(turn => turn.Report(session, Batch(1, Node("n1", "True", facts)))).NodeWrites.Single().FactsChanged);
        var same = facts with { Labels = [new NodeLabel("a", "b")] };
        Assert.Empty(Run(turn => turn.Report(session, Batch(2, Node("n1", "True", same)))).NodeWrites);
        var labelled = Node("n1", "True", facts: null) with { VerifiedLabel = "True" };
        Assert.Empty(Run(turn => turn.Report(session, Batch(3, labelled))).NodeWrites);
        Assert.False(Run(turn => turn.Report(session, Batch(4, Node("n1", "False", facts: null)))).NodeWrites.Single().FactsChanged);
        var twice = Run(turn =>
        {
            turn.Report(session, Batch(5, Node("n1", "True", facts: null)));
            turn.Report(session, Batch(6, Node("n1", "Unknown", facts: null)));
        });
        Assert.Equal("Unknown", twice.NodeWrites.Single().Node.Conditions.ToPairs()[0].Status);
    }

    [Fact]
    public void Heartbeats_are_written_at_intervals()
    {
        var session = Join();
        Assert.Null(Run(turn => turn.Heartbeat(session, clusterError: null)).Heartbeat);
        _now += BackendGrain.HeartbeatWriteInterval;
        Assert.Equal(_now, Run(turn => turn.Heartbeat(session, clusterError: null)).Heartbeat);
        Assert.Equal(_now, _grain.View.LastHeartbeat);
    }

    [Fact]
    public void A_node_that_was_made_again_under_its_name_keeps_nothing_of_the_old_one()
    {
        var session = Join();
        Run(turn => turn.Report(session, Batch(1, Node("n1", "True"))));
        Assert.Single(_port.Labels);
        Run(turn => turn.Report(session, Batch(2, Node("n1", "True") with { Uid = "new" })));
        Assert.Equal(new LabelUpdate("n1", "new", true), _port.Labels[^1]);
    }

    [Fact]
    public void Reports_of_a_session_that_was_replaced_are_dropped()
    {
        var old = Join();
        var port = new RecordingPort();
        AgentSession? current = null;
        Run(turn => current = turn.Connect(Hello, port));
        Run(turn => turn.Report(old, Batch(1, Node("n1", "True"))));

        Assert.Null(_grain.ExplainNode("n1"));
        Assert.Equal(AgentRefusal.Superseded, _port.Refused);
        Run(turn => turn.Disconnect(old));
        Run(turn => turn.Report(current!, Batch(1, Node("n1", "True"))));
        Assert.NotNull(_grain.ExplainNode("n1"));
    }

    [Fact]
    public void A_revision_that_is_no_longer_the_current_one_is_refused_with_nothing_staged()
    {
        Join();
        var turn = _grain.BeginTurn(_now);
        var refusal = Assert.Throws<OsmoException>(() => turn.Configure(Edit("""{"description":"x"}"""), Audit.System, 99));
        Assert.Equal(ErrorCode.PreconditionFailed, refusal.Code);
        Assert.True(turn.Commit().IsEmpty);
    }

    [Fact]
    public void Conditions_of_ever_new_types_are_forgotten_when_their_nodes_are_gone()
    {
        var session = Join();
        ulong sequence = 0;
        for (var round = 0; round < 12; round++)
        {
            var nodes = Enumerable.Range(0, 2_000).Select(i => new NodeReport(
                $"n{i}",
                $"uid-{round}-{i}",
                false,
                [new($"Type{round}-{i}", "False"), new("Ready", i % 2 == 0 ? "True" : "False")],
                null,
                NodeFacts.Empty));
            Run(turn => turn.Report(session, new NodeReportBatch(++sequence, [.. nodes], [], false, false)));
        }

        Run(turn => turn.Configure(Edit("""{"node_conditions":{"additional_node_conditions":["Type11-4"]}}"""), Audit.System, null));
        Assert.True(_grain.ExplainNode("n2")!.Verdict.Available);
        Assert.True(_grain.ExplainNode("n2")!.Node.Available);
        Assert.False(_grain.ExplainNode("n3")!.Node.Available);
        Assert.False(_grain.ExplainNode("n4")!.Node.Available);
    }

    private static ReplaceFields Edit(string json) => new(JsonDocument.Parse(json).RootElement);

    private static NodeReport Node(string name, string ready) => Node(name, ready, NodeFacts.Empty);

    private static NodeReport Node(string name, string ready, NodeFacts? facts) =>
        new(name, $"uid-{name}", false, [new ConditionPair("Ready", ready)], null, facts);

    private static NodeReportBatch Batch(ulong sequence, params NodeReport[] nodes) => new(sequence, nodes, [], false, false);

    private BackendGrain NewGrain() => new(Name, new LoadedBackend(_store.Load(), []), new NoWatchers());

    private AgentSession Join()
    {
        AgentSession? session = null;
        Run(turn => session = turn.Connect(Hello, _port));
        return session!;
    }

    private Osmo.Grains.Storage.BackendCommit Run(Action<BackendTurn> apply)
    {
        var turn = _grain.BeginTurn(_now);
        apply(turn);
        var commit = turn.Commit();
        turn.Publish(_store.Commit(commit));
        return commit;
    }
}
