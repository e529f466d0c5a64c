using System.Globalization;
using Osmo.Domain.Availability;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;
using Osmo.Grains.Tests.Rigs;
using Osmo.Testing;

namespace Osmo.Grains.Tests;

/// <summary>What OSMO agents, which judge nodes themselves, tell a backend, and what becomes of it.</summary>
public sealed class ListenerTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_acknowledged_when_it_is_durable()
    {
        var agent = await JoinAsync();
        var mayWrite = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Cluster.Store.BeforeNodeWrite = _ =>
        {
            writes.TrySetResult();
            return mayWrite.Task;
        };
        var call = agent.ReportAsync(State("m1", "n1", available: true));
        await writes.Task;
        Assert.False(call.IsCompleted);
        Assert.Empty(agent.Stored);
        mayWrite.SetResult();
        await call;
        fixture.Cluster.Store.BeforeNodeWrite = null;
        Assert.True(agent.Stored["n1"].AgentVerdict);
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
    }

    [Fact]
    public async Task A_message_that_comes_again_changes_nothing_also_after_a_restart()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(State("old", "n1", available: false));
        await agent.ReportAsync(State("new", "n1", available: true));
        await agent.ReportAsync(State("old", "n1", available: false));
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
        await agent.ReportAsync(State("twice", "n1", available: true), State("twice", "n1", available: false));
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);

        await agent.RestartAsync();
        Assert.Equal(AgentRefusal.Moved, await agent.Observer.Ended);
        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(State("old", "n1", available: false));
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
    }

    [Fact]
    public async Task A_message_whose_effect_was_not_durable_is_taken_when_it_comes_again()
    {
        var agent = await JoinAsync();
        fixture.Cluster.Store.BeforeNodeWrite = _ => throw new OsmoException(ErrorCode.Unavailable, "The store is away for a moment.");
        var failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(State("m1", "n1", available: true)));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        fixture.Cluster.Store.BeforeNodeWrite = null;
        Assert.Equal(AgentRefusal.Unavailable, await agent.Observer.Ended);
        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(State("m1", "n1", available: true));
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
    }

    /// <summary>
    /// A gateway may hand over what it has of a connection that was cut when the agent has said it again, and more, on the next.
    /// </summary>
    [Fact]
    public async Task What_a_connection_that_was_cut_still_brings_does_not_undo_what_the_next_one_has_brought()
    {
        var agent = await JoinAsync();
        var next = await agent.JoinAsync(ListenerChannel.Node);
        var mayWrite = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Cluster.Store.BeforeNodeWrite = _ =>
        {
            writes.TrySetResult();
            return mayWrite.Task;
        };
        var again = next.ReportAsync(State("m1", "n1", available: false), State("m2", "n1", available: true));
        await writes.Task;
        var late = agent.ReportAsync(State("m1", "n1", available: false));
        await agent.Backend.HasSessionAsync(agent.Session);
        Assert.False(late.IsCompleted, "It was acknowledged before it was durable.");
        mayWrite.SetResult();
        await Task.WhenAll(again, late);
        fixture.Cluster.Store.BeforeNodeWrite = null;
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
    }

    [Fact]
    public async Task A_message_that_came_again_is_known_however_much_came_after()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync([.. Enumerable.Range(0, MessageMemory.BeginningMax).Select(i => State(Id(i), "n1", available: true))]);
        await agent.ReportAsync(State("again", "n1", available: false));
        await agent.ReportAsync(State("new", "n1", available: true));

        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(State("again", "n1", available: false));
        await agent.ReportAsync(
            [.. Enumerable.Range(1_000, MessageMemory.LatestMax).Select(i => State(Id(i), "n1", available: true))]);
        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(State("again", "n1", available: false));
        Assert.True((await agent.ExplainAsync("n1")).Verdict.Available);
    }

    [Theory]
    [InlineData(true, "Ready", true, false)]
    [InlineData(true, "MemoryPressure", false, true)]
    [InlineData(false, "Ready", false, false)]
    [InlineData(false, "MemoryPressure", false, false)]
    public async Task A_node_is_available_if_the_agent_says_so_and_nothing_speaks_against_it(
        bool word, string condition, bool available, bool disagrees)
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(State("m", "n1", word, condition));
        for (var restarts = 0; restarts < 2; restarts++)
        {
            var explained = await agent.ExplainAsync("n1");
            Assert.Equal((available, word), (explained.Node.Available, explained.Node.AgentVerdict));
            Assert.Equal((available, disagrees), (explained.Verdict.Available, explained.Verdict.AgentDisagrees));
            Assert.Equal(disagrees ? 1 : 0, (await agent.StatusAsync()).AgentDisagreements);
            await agent.RestartAsync();
        }
    }

    [Fact]
    public async Task New_rules_are_pushed_on_the_control_channel_and_weigh_against_the_agents_word()
    {
        var agent = await JoinAsync();
        var control = await agent.JoinAsync(ListenerChannel.Control);
        await Eventually.HoldsAsync(() => control.Observer.Rules.Count == 1, "the rules in force were pushed");
        await agent.ReportAsync(State("m", "n1", available: true, "Ready", "GpuHealthy"));
        Assert.False((await agent.ExplainAsync("n1")).Node.Available);

        await agent.ConfigureAsync("""{"node_conditions":{"additional_node_conditions":["GpuHealthy"]}}""");
        Assert.True((await agent.ExplainAsync("n1")).Node.Available);
        Assert.True(agent.Stored["n1"].Available);
        await Eventually.HoldsAsync(() => control.Observer.Rules.Count == 2, "the new rules were pushed");
        Assert.Equal(["GpuHealthy"], Assert.IsType<NodeConditionLists>(control.Observer.Rules.Last()).Additional);
        Assert.Empty(agent.Observer.Rules);
    }

    [Fact]
    public async Task Nodes_that_the_agent_does_not_name_are_gone()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(
            State("1", "n1", available: true),
            State("2", "n2", available: true),
            State("3", "n3", available: true),
            new ListenerNodeGone("4", "n3"));
        Assert.Equal(["n1", "n2"], await agent.NamesAsync());
        await agent.ReportAsync(State("5", "n4", available: true), new ListenerNodeList("6", ["n2"]), State("7", "n5", available: true));
        Assert.Equal(["n2", "n5"], await agent.NamesAsync());
        Assert.Equal(["n2", "n5"], agent.Stored.Keys.Order());
    }

    [Fact]
    public async Task What_is_in_use_is_kept_with_its_node_until_an_agent_that_does_not_say_it_takes_over()
    {
        var agent = await JoinAsync();
        var usage = new NodeUsage([new NodeResource("cpu", "2")], [new NodeResource("cpu", "1")]);
        await agent.ReportAsync(
            new ListenerNodeUsage("1", "stranger", usage),
            State("2", "n1", available: true),
            new ListenerNodeUsage("3", "n1", usage),
            State("4", "n1", available: true));
        Assert.Equal(["n1"], await agent.NamesAsync());
        await agent.RestartAsync();
        Assert.Equal(usage, (await agent.ExplainAsync("n1")).Node.Usage);

        var own = await ScriptedAgent.JoinAsync(fixture.Cluster, agent.Name.Value);
        await own.SnapshotAsync(GrainCluster.Report("n1"));
        Assert.Null((await agent.ExplainAsync("n1")).Node.Usage);
        Assert.Null(agent.Stored["n1"].Usage);
    }

    [Fact]
    public async Task The_label_that_the_agent_saw_outlives_a_restart()
    {
        var agent = await JoinAsync();
        var state = State("1", "n1", available: true);
        await agent.ReportAsync(state);
        await agent.RestartAsync();
        Assert.Null((await agent.ExplainAsync("n1")).Label.Seen);
        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(state with { Id = "2", Node = state.Node with { VerifiedLabel = "True" } });
        await agent.RestartAsync();
        Assert.Equal("True", (await agent.ExplainAsync("n1")).Label.Seen);
    }

    [Fact]
    public async Task A_backend_that_changes_to_our_own_agent_and_back_keeps_its_nodes()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(State("1", "n1", available: false));
        await agent.Backend.DisconnectAsync(agent.Session);
        var own = await ScriptedAgent.JoinAsync(fixture.Cluster, agent.Name.Value);
        await own.SnapshotAsync(GrainCluster.Report("n1"));
        var node = (await agent.ExplainAsync("n1")).Node;
        Assert.Equal((true, (bool?)null, "u"), (node.Available, node.AgentVerdict, node.Uid));

        await own.Backend.DisconnectAsync(own.Session);
        agent = await agent.JoinAsync(ListenerChannel.Node);
        await agent.ReportAsync(State("2", "n1", available: false));
        node = (await agent.ExplainAsync("n1")).Node;
        Assert.Equal((false, (bool?)false, "u"), (node.Available, node.AgentVerdict, node.Uid));
    }

    [Fact]
    public async Task Deleting_a_backend_ends_its_connections_and_nothing_comes_back_by_them()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(State("1", "n1", available: true));
        await agent.Backend.DeleteAsync(GrainCluster.Somebody(), null, Cancel);
        Assert.Equal(AgentRefusal.Deleted, await agent.Observer.Ended);
        var late = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(State("2", "n1", available: true)));
        Assert.Equal(ErrorCode.Moved, late.Code);
        var missing = await Assert.ThrowsAsync<OsmoException>(agent.StatusAsync);
        Assert.Equal(ErrorCode.NotFound, missing.Code);
        Assert.Empty(agent.Stored);
    }

    private static string Id(int number) => number.ToString("x32", CultureInfo.InvariantCulture);

    private static ListenerNodeState State(string id, string node, bool available, params string[] conditions) => new(
        id,
        new Osmo.Grains.Nodes.NodeReport(
            node,
            "",
            false,
            [.. (conditions.Length == 0 ? ["Ready"] : conditions).Select(type => new ConditionPair(type, "True"))],
            null,
            NodeFacts.Empty)
        {
            AgentVerdict = available,
        });

    private Task<ScriptedListener> JoinAsync() =>
        ScriptedListener.JoinAsync(fixture.Cluster, fixture.NewBackend(), ListenerChannel.Node);
}
