using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Unit.Tests.Backends;
using Xunit;

namespace Osmo.Unit.Tests.Listeners;

/// <summary>What a backend makes of OSMO's own agents.</summary>
public sealed class ListenerTurnTests
{
    private static readonly BackendName Name = BackendName.Parse("b");

    private readonly MemoryStore _store = new();
    private readonly RecordingListenerPort _port = new();
    private BackendGrain _grain;
    private DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public ListenerTurnTests() => _grain = NewGrain();

    [Fact]
    public void A_message_is_acknowledged_when_it_is_durable()
    {
        var link = Join(ListenerChannel.Node);
        var turn = _grain.BeginTurn(_now);
        turn.Report(link, State("m1", "n1", available: true));
        var commit = turn.Commit();
        Assert.Empty(_port.Acknowledged);
        Assert.True(commit.NodeWrites.Single().Node.AgentVerdict);

        turn.Publish(_store.Commit(commit));
        Assert.Equal(["m1"], _port.Acknowledged);
        Assert.True(_grain.ExplainNode("n1")!.Verdict.Available);
    }

    [Fact]
    public void A_message_that_comes_again_is_acknowledged_and_changes_nothing_also_after_a_restart()
    {
        var link = Join(ListenerChannel.Node);
        Run(turn => turn.Report(link, State("old", "n1", available: false)));
        Run(turn => turn.Report(link, State("new", "n1", available: true)));
        Run(turn => turn.Report(link, State("old", "n1", available: false)));
        Assert.Equal(["old", "new", "old"], _port.Acknowledged);
        Assert.True(_grain.ExplainNode("n1")!.Verdict.Available);

        _grain = NewGrain();
        link = Join(ListenerChannel.Node);
        Run(turn => turn.Report(link, State("old", "n1", available: false)));
        Assert.Equal(4, _port.Acknowledged.Count);
        Assert.True(_grain.ExplainNode("n1")!.Verdict.Available);
    }

    [Theory]
    [InlineData(true, "Ready", true, false)]
    [InlineData(true, "MemoryPressure", false, true)]
    [InlineData(false, "Ready", false, false)]
    [InlineData(false, "MemoryPressure", false, false)]
    public void A_node_is_available_where_the_agent_says_so_and_nothing_speaks_against_it(
        bool word, string condition, bool available, bool disagrees)
    {
        var link = Join(ListenerChannel.Node);
        Run(turn => turn.Report(link, State("m", "n1", word, condition)));
        var explained = _grain.ExplainNode("n1")!;

        Assert.Equal(available, explained.Node.Available);
        Assert.Equal(available, explained.Verdict.Available);
        Assert.Equal(disagrees, explained.Verdict.AgentDisagrees);
        Assert.Equal(disagrees ? 1 : 0, _grain.DisagreementCount());
        Assert.Equal(word, NewGrain().ExplainNode("n1")!.Node.AgentVerdict);
        Assert.Equal(available, NewGrain().ExplainNode("n1")!.Node.Available);
    }

    [Fact]
    public void New_rules_are_pushed_on_the_control_channel_and_weigh_against_the_agents_word()
    {
        var control = new RecordingListenerPort();
        var link = Join(ListenerChannel.Node);
        Join(ListenerChannel.Control, control);
        Assert.Equal([NodeConditionRules.Default], control.Pushed);
        Run(turn => turn.Report(link, State("m", "n1", available: true, "Ready", "GpuHealthy")));
        Assert.False(_grain.ExplainNode("n1")!.Node.Available);

        Run(turn => turn.Configure(Edit("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}"""), Audit.System, null));
        Assert.Equal(["GpuHealthy"], Assert.IsType<NodeConditionLists>(control.Pushed[^1]).Additional);
        Assert.Empty(_port.Pushed);
        Assert.True(_grain.ExplainNode("n1")!.Node.Available);

        Run(turn => turn.Configure(Edit("""{"description":"no rules"}"""), Audit.System, null));
        Assert.Equal(2, control.Pushed.Count);
    }

    [Theory]
    [InlineData("1.0.0", """{"rules":{"Ready":"True","Disk.*":"False|Unknown"}}""", "node_conditions.rules")]
    [InlineData("6.4.0", """{"ignore_node_conditions":["Re*"]}""", "node_conditions.ignore_node_conditions")]
    [InlineData("1.0.0", """{"ignore_node_conditions":["Re*"]}""", null)]
    [InlineData("6.4.0", """{"rules":{"Ready":"True","Disk.*":"False|Unknown"}}""", null)]
    [InlineData("main", """{"ignore_node_conditions":["Re*"]}""", null)]
    public void What_the_agent_cannot_be_told_is_refused(string version, string nodeConditions, string? field)
    {
        Run(turn => turn.Connect(Hello(ListenerChannel.Node) with { Version = version }, _port));
        var edit = Edit($$"""{"node_conditions":{{nodeConditions}}}""");
        if (field is null)
        {
            Run(turn => turn.Configure(edit, Audit.System, null));
            return;
        }

        var turn = _grain.BeginTurn(_now);
        var refusal = Assert.Throws<OsmoException>(() => turn.Configure(edit, Audit.System, null));
        Assert.Equal(field, Assert.Single(refusal.Fields).Field);
        Assert.Contains(version, refusal.Message, StringComparison.Ordinal);
        Assert.True(turn.Commit().IsEmpty);
    }

    [Fact]
    public void Four_channels_register_a_backend_once_and_a_worker_changes_no_prefix()
    {
        Join(ListenerChannel.Worker);
        Join(ListenerChannel.Node);
        Join(ListenerChannel.Pod);
        Join(ListenerChannel.Event);

        Assert.Single(_store.History);
        Join(ListenerChannel.Heartbeat, prefix: "team.osmo.nvidia.com/");
        Assert.Equal(2, _store.History.Count);
        Join(ListenerChannel.Worker);
        Join(ListenerChannel.Control, prefix: "not.legal/");
        Assert.Equal(2, _store.History.Count);
        Assert.Equal("team.osmo.nvidia.com/", _grain.View.Record!.Registration.Prefix.Value);
    }

    [Theory]
    [InlineData(ListenerChannel.Node)]
    [InlineData(ListenerChannel.Control)]
    [InlineData(ListenerChannel.Worker)]
    public void Another_cluster_is_told_and_changes_nothing(ListenerChannel channel)
    {
        Join(ListenerChannel.Node);
        var stranger = new RecordingListenerPort();
        Run(turn => Assert.Null(turn.Connect(Hello(channel) with { ClusterUid = "other" }, stranger)));
        Assert.Equal(AgentRefusal.ClusterConflict, stranger.Refused);
        Assert.Empty(stranger.Pushed);
        Assert.Equal("uid", _grain.View.Record!.Registration.ClusterUid);
    }

    [Fact]
    public void Nodes_that_the_agent_does_not_name_are_gone()
    {
        var link = Join(ListenerChannel.Node);
        Run(turn =>
        {
            turn.Report(link, State("1", "n1", available: true));
            turn.Report(link, State("2", "n2", available: true));
            turn.Report(link, State("3", "n3", available: true));
            turn.Report(link, new ListenerNodeGone("4", "n3"));
        });
        Assert.Equal(["n1", "n2"], Names());
        Run(turn =>
        {
            turn.Report(link, State("5", "n4", available: true));
            turn.Report(link, new ListenerNodeList("6", new HashSet<string> { "n2" }));
        });
        Assert.Equal(["n2"], Names());
        Assert.Equal(["n2"], _store.Load()!.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void What_is_in_use_is_kept_with_its_node()
    {
        var link = Join(ListenerChannel.Node);
        var usage = new NodeUsage([new NodeResource("cpu", "2")], [new NodeResource("cpu", "1")]);
        Run(turn =>
        {
            turn.Report(link, new ListenerNodeUsage("1", "stranger", usage));
            turn.Report(link, State("2", "n1", available: true));
            turn.Report(link, new ListenerNodeUsage("3", "n1", usage));
            turn.Report(link, State("4", "n1", available: true));
        });
        Assert.Equal(["n1"], Names());
        Assert.Equal(usage, NewGrain().ExplainNode("n1")!.Node.Usage);
    }

    [Fact]
    public void The_label_that_the_agent_saw_outlives_a_restart()
    {
        var link = Join(ListenerChannel.Node);
        var state = State("1", "n1", available: true);
        Run(turn => turn.Report(link, state));
        Assert.Null(NewGrain().ExplainNode("n1")!.Label.Seen);
        Run(turn => turn.Report(link, state with { Id = "2", Node = state.Node with { VerifiedLabel = "True" } }));
        Assert.Equal("True", NewGrain().ExplainNode("n1")!.Label.Seen);
    }

    [Fact]
    public void A_backend_that_changes_to_our_own_agent_and_back_keeps_its_configuration()
    {
        var link = Join(ListenerChannel.Node);
        Run(turn => turn.Report(link, State("1", "n1", available: false)));
        Run(turn => turn.Configure(Edit("""{"description":"kept"}"""), Audit.System, null));
        var own = new RecordingPort();
        Run(turn => Assert.Null(turn.Connect(OwnHello, own)));
        Assert.Equal(AgentRefusal.Occupied, own.Refused);

        Run(turn => turn.Disconnect(link));
        AgentSession? session = null;
        Run(turn => session = turn.Connect(OwnHello, new RecordingPort()));
        var report = new NodeReport("n1", "u1", false, [new ConditionPair("Ready", "True")], null, NodeFacts.Empty);
        Run(turn => turn.Report(session!, new NodeReportBatch(1, [report], [], SnapshotBegin: true, SnapshotEnd: true)));
        Assert.True(_grain.ExplainNode("n1")!.Node.Available);
        Assert.Null(_grain.ExplainNode("n1")!.Node.AgentVerdict);
        Assert.Null(Run(turn => Assert.Null(turn.Connect(Hello(ListenerChannel.Node), _port))).Record);
        Assert.Equal(AgentRefusal.Occupied, _port.Refused);

        _now += TimeSpan.FromMinutes(1);
        link = Join(ListenerChannel.Node);
        Run(turn => turn.Report(link, State("2", "n1", available: false)));
        Assert.False(_grain.ExplainNode("n1")!.Node.Available);
        Assert.Equal("u1", _grain.ExplainNode("n1")!.Node.Uid);
        Assert.Equal("kept", _grain.View.Record!.Config.Description);
    }

    [Fact]
    public void Deleting_a_backend_ends_its_connections_and_nothing_comes_back_by_them()
    {
        var link = Join(ListenerChannel.Node);
        Run(turn => turn.Delete(Audit.System, null));
        Assert.Equal(AgentRefusal.Deleted, _port.Refused);
        Run(turn => turn.Report(link, State("1", "n1", available: true)));
        Assert.Null(_grain.View.Record);
        Assert.Null(_store.Load());
    }

    [Theory]
    [InlineData("1.0.0", ListenerGeneration.Lists)]
    [InlineData("5.12.1", ListenerGeneration.Lists)]
    [InlineData("6.0.0", ListenerGeneration.Rules)]
    [InlineData("6.4.0.abc", ListenerGeneration.Rules)]
    [InlineData("10.1", ListenerGeneration.Rules)]
    [InlineData("", ListenerGeneration.Unknown)]
    [InlineData("main", ListenerGeneration.Unknown)]
    [InlineData(".6", ListenerGeneration.Unknown)]
    public void An_agents_version_tells_what_it_understands(string version, ListenerGeneration generation) =>
        Assert.Equal(generation, ListenerGenerations.Of(version));

    private static AgentHello OwnHello { get; } = new("uid", "workflows", "1.0", "", LabelUpdates: true, "one");

    private static ListenerHello Hello(ListenerChannel channel) => new(channel, "uid", "workflows", "1.0.0", "osmo.nvidia.com/");

    private static ListenerNodeState State(string id, string node, bool available, params string[] conditions) => new(
        id,
        new NodeReport(
            node,
            "",
            false,
            [.. (conditions.Length == 0 ? ["Ready"] : conditions).Select(type => new ConditionPair(type, "True"))],
            null,
            NodeFacts.Empty)
        {
            AgentVerdict = available,
        });

    private static ReplaceFields Edit(string json) => new ReplaceFields(JsonSerializer.Deserialize<JsonElement>(json));

    private ImmutableArray<string> Names() => [.. _grain.ListNodes(new NodeQuery())!.Nodes.Select(node => node.Node.Name)];

    private ListenerLink Join(ListenerChannel channel, RecordingListenerPort? port = null, string? prefix = null)
    {
        ListenerLink? link = null;
        var hello = Hello(channel);
        Run(turn => link = turn.Connect(hello with { Prefix = prefix ?? hello.Prefix }, port ?? _port));
        return link!;
    }

    private BackendCommit Run(Action<BackendTurn> stage)
    {
        var turn = _grain.BeginTurn(_now);
        stage(turn);
        var commit = turn.Commit();
        turn.Publish(commit.IsEmpty ? null : _store.Commit(commit));
        return commit;
    }

    private BackendGrain NewGrain() => new(Name, new LoadedBackend(_store.Load(), []), new NoWatchers());

    /// <summary>A connection that remembers what it is told.</summary>
    private sealed class RecordingListenerPort : IListenerPort
    {
        public List<string> Acknowledged { get; } = [];

        public List<NodeConditionRules> Pushed { get; } = [];

        public AgentRefusal? Refused { get; private set; }

        public void Acknowledge(string message) => Acknowledged.Add(message);

        public void PushNodeConditions(NodeConditionRules rules) => Pushed.Add(rules);

        public void Refuse(AgentRefusal reason, string message) => Refused ??= reason;
    }
}
