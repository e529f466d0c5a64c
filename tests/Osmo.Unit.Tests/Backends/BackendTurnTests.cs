using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;
using Osmo.Grains.Events;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>What a turn shows before, and after, it is durable.</summary>
public sealed class BackendTurnTests
{
    private static readonly AgentHello Hello = new("uid", "workflows", "1.0", "", LabelUpdates: true, "one");

    private readonly TurnFixture _backend = new();
    private readonly RecordingPort _port = new();

    [Fact]
    public void Nothing_is_shown_or_said_before_the_commit_is_durable()
    {
        var turn = _backend.Begin();
        var session = turn.Connect(Hello, _port)!;
        var commit = turn.Commit(TurnFixture.Activation);

        Assert.Null(_backend.State.View.Record);
        Assert.Null(_backend.State.FindSession(session.Id));
        Assert.Empty(_backend.Events);
        Assert.NotNull(commit.Record);
        Assert.True(commit.Creates);
        Assert.Equal(TurnFixture.Activation, commit.Activation);

        _backend.Finish(turn);
        Assert.Equal(1, _backend.State.View.Record!.Revision);
        Assert.Same(session, _backend.State.FindSession(session.Id));
        Assert.False(_backend.State.View.AgentSynced);
        Assert.Equal([FleetEventKind.BackendChanged], _backend.Events.Select(happened => happened.Kind));
    }

    [Fact]
    public void A_turn_that_is_never_published_leaves_the_state_as_it_was()
    {
        Join();
        var abandoned = _backend.Begin();
        abandoned.Configure(TurnFixture.Edit("""{"description":"lost"}"""), Audit.System, null);
        abandoned.Commit(TurnFixture.Activation);

        Assert.Equal("", _backend.State.View.Record!.Config.Description);
        _backend.Reload();
        Assert.Equal("", _backend.State.View.Record!.Config.Description);
    }

    [Fact]
    public void A_configuration_call_that_changes_nothing_makes_no_revision()
    {
        Join();
        var nothing = TurnFixture.Edit("""{"description":""}""");
        Assert.True(_backend.Run(turn => Assert.False(turn.Configure(nothing, Audit.System, null))).IsEmpty);
        var commit = _backend.Run(turn =>
        {
            Assert.True(turn.Configure(TurnFixture.Edit("""{"description":"x"}"""), Audit.System, null));
            Assert.False(turn.RulesChanged);
        });
        Assert.False(commit.Creates);
        Assert.Equal(2, _backend.State.View.Record!.Revision);
    }

    [Fact]
    public void Only_a_change_of_the_rules_is_told_as_one()
    {
        Join();
        _backend.Run(turn =>
        {
            turn.Configure(
                TurnFixture.Edit("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}"""), Audit.System, null);
            Assert.True(turn.RulesChanged);
        });
        Assert.Null(_port.Policy);
    }

    [Fact]
    public void Switching_label_updates_is_told_to_the_agent_and_joining_with_them_is_not()
    {
        _backend.Run(turn => turn.Connect(Hello with { LabelUpdates = false }, _port));
        Assert.Null(_port.Policy);
        Configure("""{"services":{"backendListener":{"enable_node_label_update":true}}}""");
        Assert.True(_port.Policy);
        Configure("""{"description":"x"}""");
        Configure("""{"services":{"backendListener":{"enable_node_label_update":false}}}""");
        Assert.False(_port.Policy);
    }

    [Fact]
    public void Heartbeats_are_written_at_intervals()
    {
        var session = Join();
        Assert.Null(Hear(session));
        _backend.Now += BackendRecord.HeartbeatWriteInterval;
        Assert.Equal(_backend.Now, Hear(session));
        Assert.Null(Hear(session));
        _backend.Reload();
        Assert.Equal(_backend.Now, _backend.State.LastHeartbeat);
    }

    [Fact]
    public void What_keeps_the_agent_from_its_cluster_is_shown_until_that_is_over()
    {
        var session = Join();
        Assert.True(_backend.State.Hear(session, "no way", _backend.Now));
        _backend.State.ShowAgents();
        Assert.Equal("no way", _backend.State.View.ClusterError);
        Assert.False(_backend.State.Hear(session, "no way", _backend.Now));
        Assert.True(_backend.State.Hear(session, null, _backend.Now));
    }

    [Fact]
    public void A_session_that_was_replaced_is_not_found_and_its_end_ends_no_other()
    {
        var old = Join();
        AgentSession? current = null;
        _backend.Run(turn => current = turn.Connect(Hello, new RecordingPort()));

        Assert.Null(_backend.State.FindSession(old.Id));
        Assert.Equal(AgentRefusal.Superseded, _port.Refused);
        _backend.Run(turn => turn.Disconnect(old));
        Assert.Same(current, _backend.State.FindSession(current!.Id));
        _backend.Run(turn => turn.Disconnect(current));
        Assert.Null(_backend.State.View.AgentSynced);
    }

    [Fact]
    public void Another_process_waits_until_the_one_that_is_connected_is_silent_for_long()
    {
        var first = Join();
        var second = new RecordingPort();
        _backend.Run(turn => Assert.Null(turn.Connect(Hello with { Instance = "two" }, second)));
        Assert.Equal(AgentRefusal.Occupied, second.Refused);
        Assert.Same(first, _backend.State.Session);

        _backend.Now += AgentSession.AliveTime;
        _backend.Run(turn => Assert.NotNull(turn.Connect(Hello with { Instance = "two" }, new RecordingPort())));
        Assert.Equal(AgentRefusal.Superseded, _port.Refused);
    }

    [Fact]
    public void Another_cluster_is_told_who_holds_the_name_until_an_operator_gives_it_away()
    {
        Join();
        var stranger = new RecordingPort();
        _backend.Run(turn => Assert.Null(turn.Connect(Hello with { ClusterUid = "other", Instance = "two" }, stranger)));
        Assert.Equal(AgentRefusal.ClusterConflict, stranger.Refused);
        Assert.Contains("k8s_uid", stranger.Message, StringComparison.Ordinal);
        Assert.Equal("uid", _backend.State.View.Record!.Registration.ClusterUid);

        Configure("""{"k8s_uid":"other"}""");
        Assert.Equal(AgentRefusal.ClusterConflict, _port.Refused);
        Assert.Null(_backend.State.Session);
        _backend.Run(turn => Assert.NotNull(turn.Connect(Hello with { ClusterUid = "other", Instance = "two" }, stranger)));
    }

    [Fact]
    public void An_agent_without_a_cluster_uid_or_with_an_illegal_prefix_is_refused()
    {
        _backend.Run(turn => Assert.Null(turn.Connect(Hello with { ClusterUid = "" }, _port)));
        Assert.Equal(AgentRefusal.InvalidHello, _port.Refused);
        var other = new RecordingPort();
        _backend.Run(turn => Assert.Null(turn.Connect(Hello with { NodeConditionPrefix = "not legal" }, other)));
        Assert.Equal(AgentRefusal.InvalidHello, other.Refused);
        Assert.Null(_backend.State.View.Record);
        Assert.Empty(_backend.History);
    }

    [Fact]
    public void A_session_that_breaks_the_protocol_ends()
    {
        var session = Join();
        _backend.Run(turn => turn.Drop(session, AgentRefusal.ProtocolError, "out of order"));
        Assert.Equal((AgentRefusal.ProtocolError, "out of order"), (_port.Refused, _port.Message));
        Assert.Null(_backend.State.FindSession(session.Id));
    }

    [Fact]
    public void A_revision_that_is_no_longer_the_current_one_is_refused_with_nothing_staged()
    {
        Join();
        var turn = _backend.Begin();
        var refusal = Assert.Throws<OsmoException>(() => turn.Configure(TurnFixture.Edit("""{"description":"x"}"""), Audit.System, 99));
        Assert.Equal(ErrorCode.PreconditionFailed, refusal.Code);
        Assert.True(turn.Commit(TurnFixture.Activation).IsEmpty);
        Assert.False(turn.IsDurable);
    }

    [Fact]
    public void A_request_is_known_after_it_was_applied_also_by_another_activation()
    {
        Join();
        var audit = Audit.System with { Request = new RequestId("r1", 5) };
        Assert.Null(_backend.Begin().Applied(audit.Request));
        _backend.Run(turn => turn.Configure(TurnFixture.Edit("""{"description":"x"}"""), audit, null));
        Assert.Equal(2, _backend.Begin().Applied(audit.Request));
        _backend.Reload();
        Assert.Equal(2, _backend.Begin().Applied(audit.Request));
        var misuse = Assert.Throws<OsmoException>(() => _backend.Begin().Applied(new RequestId("r1", 6)));
        Assert.Equal(ErrorCode.Invalid, misuse.Code);
    }

    [Fact]
    public void A_deleted_backend_is_forgotten_and_its_agent_is_told()
    {
        Join();
        Configure("""{"description":"x"}""");
        Assert.True(_backend.Run(turn => turn.Delete(Audit.System, 2)).Deleted);
        Assert.Equal(AgentRefusal.Deleted, _port.Refused);
        Assert.Null(_backend.State.View.Record);
        Assert.Null(_backend.State.LastHeartbeat);
        Assert.Null(_backend.History[^1].DocumentJson);
        Assert.Equal(FleetEventKind.BackendDeleted, _backend.Events[^1].Kind);
        var again = Assert.Throws<OsmoException>(() => _backend.Begin().Delete(Audit.System, null));
        Assert.Equal(ErrorCode.NotFound, again.Code);

        Join();
        Assert.Equal("", _backend.State.View.Record!.Config.Description);
        Assert.Equal(4, _backend.State.View.Record!.Revision);
    }

    private DateTimeOffset? Hear(AgentSession session)
    {
        _backend.State.Hear(session, clusterError: null, _backend.Now);
        return _backend.Run(_ => { }).Heartbeat;
    }

    private void Configure(string json) =>
        _backend.Run(turn => Assert.True(turn.Configure(TurnFixture.Edit(json), Audit.System, null)));

    private AgentSession Join()
    {
        AgentSession? session = null;
        _backend.Run(turn => session = turn.Connect(Hello, _port));
        return session!;
    }
}
