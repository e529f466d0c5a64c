using Osmo.Domain.Availability;
using Osmo.Domain.Errors;
using Osmo.Domain.Listeners;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;
using Osmo.Grains.Listeners;
using Osmo.Grains.Storage;
using Osmo.Unit.Tests.Backends;
using Xunit;

namespace Osmo.Unit.Tests.Listeners;

/// <summary>What a backend makes of the connections of OSMO's own agents.</summary>
public sealed class ListenerTurnTests
{
    private readonly TurnFixture _backend = new();
    private readonly RecordingListenerPort _port = new();

    [Fact]
    public void New_rules_are_pushed_on_the_control_channel_alone()
    {
        var control = new RecordingListenerPort();
        Join(ListenerChannel.Node);
        Join(ListenerChannel.Control, control);
        Assert.Equal([NodeConditionRules.Default], control.Pushed);
        var rules = TurnFixture.Edit("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}""");
        Run(turn => turn.Configure(rules, Audit.System, null));
        Assert.Equal(["GpuHealthy"], Assert.IsType<NodeConditionLists>(control.Pushed[^1]).Additional);
        Assert.Empty(_port.Pushed);

        Run(turn => turn.Configure(TurnFixture.Edit("""{"description":"no rules"}"""), Audit.System, null));
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
        var edit = TurnFixture.Edit($$"""{"node_conditions":{{nodeConditions}}}""");
        if (field is null)
        {
            Run(turn => turn.Configure(edit, Audit.System, null));
            return;
        }

        var turn = _backend.Begin();
        var refusal = Assert.Throws<OsmoException>(() => turn.Configure(edit, Audit.System, null));
        Assert.Equal(field, Assert.Single(refusal.Fields).Field);
        Assert.Contains(version, refusal.Message, StringComparison.Ordinal);
        Assert.True(turn.Commit(TurnFixture.Activation).IsEmpty);
    }

    [Fact]
    public void Four_channels_register_a_backend_once_and_a_worker_changes_no_prefix()
    {
        Join(ListenerChannel.Worker);
        Join(ListenerChannel.Node);
        Join(ListenerChannel.Pod);
        Join(ListenerChannel.Event);

        Assert.Single(_backend.History);
        Join(ListenerChannel.Heartbeat, prefix: "team.osmo.nvidia.com/");
        Assert.Equal(2, _backend.History.Count);
        Join(ListenerChannel.Worker);
        Join(ListenerChannel.Control, prefix: "not.legal/");
        Assert.Equal(2, _backend.History.Count);
        Assert.Equal("team.osmo.nvidia.com/", _backend.State.View.Record!.Registration.Prefix.Value);
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
        Assert.Equal("uid", _backend.State.View.Record!.Registration.ClusterUid);
    }

    [Fact]
    public void A_backend_that_changes_to_our_own_agent_and_back_keeps_its_configuration()
    {
        var link = Join(ListenerChannel.Node);
        Run(turn => turn.Configure(TurnFixture.Edit("""{"description":"kept"}"""), Audit.System, null));
        var own = new RecordingPort();
        Run(turn => Assert.Null(turn.Connect(OwnHello, own)));
        Assert.Equal(AgentRefusal.Occupied, own.Refused);

        Run(turn => turn.Disconnect(link));
        Run(turn => Assert.NotNull(turn.Connect(OwnHello, own)));
        Assert.Null(Run(turn => Assert.Null(turn.Connect(Hello(ListenerChannel.Node), _port))).Record);
        Assert.Equal(AgentRefusal.Occupied, _port.Refused);

        _backend.Now += AgentSession.AliveTime;
        Join(ListenerChannel.Node);
        Assert.Equal("kept", _backend.State.View.Record!.Config.Description);
        Assert.Null(_backend.State.Session);
    }

    [Fact]
    public void Our_own_agent_takes_over_from_a_listener_that_is_silent_for_long()
    {
        Join(ListenerChannel.Node);
        _backend.Now += AgentSession.AliveTime;
        Run(turn => Assert.NotNull(turn.Connect(OwnHello, new RecordingPort())));
        Assert.Equal(AgentRefusal.Superseded, _port.Refused);
        Assert.Empty(_backend.State.Links);
    }

    [Fact]
    public void Messages_are_kept_when_that_is_asked_for_and_changed_something()
    {
        Join(ListenerChannel.Node);
        _backend.State.Messages.Add("m1");
        Assert.Null(Run(_ => { }).MessageMemory);
        Assert.NotNull(Run(turn => turn.KeepMessages()).MessageMemory);
        Assert.True(Run(turn => turn.KeepMessages()).IsEmpty);
        _backend.Reload();
        Assert.True(_backend.State.Messages.Knows("m1"));
    }

    [Fact]
    public void Deleting_a_backend_ends_its_connections_and_forgets_their_messages()
    {
        var link = Join(ListenerChannel.Node);
        _backend.State.Messages.Add("m1");
        Run(turn => turn.KeepMessages());
        Run(turn => turn.Delete(Audit.System, null));
        Assert.Equal(AgentRefusal.Deleted, _port.Refused);
        Assert.Null(_backend.State.View.Record);
        Assert.Null(_backend.State.FindLink(link.Id));
        Assert.False(_backend.State.Messages.Knows("m1"));
        Assert.Empty(_backend.State.Links);
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

    private ListenerLink Join(ListenerChannel channel, RecordingListenerPort? port = null, string? prefix = null)
    {
        ListenerLink? link = null;
        var hello = Hello(channel);
        Run(turn => link = turn.Connect(hello with { Prefix = prefix ?? hello.Prefix }, port ?? _port));
        return link!;
    }

    private BackendCommit Run(Action<BackendTurn> stage) => _backend.Run(stage);

    /// <summary>A connection that remembers what it is told.</summary>
    private sealed class RecordingListenerPort : IListenerPort
    {
        public List<NodeConditionRules> Pushed { get; } = [];

        public AgentRefusal? Refused { get; private set; }

        public void PushNodeConditions(NodeConditionRules rules) => Pushed.Add(rules);

        public void Refuse(AgentRefusal reason, string message) => Refused ??= reason;
    }
}
