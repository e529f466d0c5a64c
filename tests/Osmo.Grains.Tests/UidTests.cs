using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>A node that was deleted and made again under its name is another node.</summary>
public sealed class UidTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    [Fact]
    public async Task A_node_that_was_made_again_under_its_name_keeps_nothing_of_the_old_one()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: true, LabelOutcome.Retrying, "old");
        var before = (await agent.ExplainAsync("n")).Node;

        await agent.ReportAsync(GrainCluster.Report("n", uid: "new"));
        await agent.IsAskedAsync("n", 2);
        Assert.Equal(new LabelUpdate("n", "new", Available: true), agent.Observer.Labels["n"]);
        var after = await agent.ExplainAsync("n");
        Assert.Equal(("new", (string?)null), (after.Node.Uid, after.Label.Error));
        Assert.True(after.Node.AvailableSince > before.AvailableSince);
        Assert.Equal("new", agent.Stored["n"].Uid);
    }

    [Fact]
    public async Task What_is_known_of_the_old_node_does_not_stand_for_the_new_one()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        Assert.False(await agent.ReportAsync(GrainCluster.Report("n", facts: false, uid: "new")));
        Assert.Equal(Osmo.Grains.Agents.AgentRefusal.ProtocolError, await agent.Observer.Ended);
    }

    [Fact]
    public async Task An_agent_that_does_not_say_the_uid_speaks_of_the_node_that_is_known()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n", healthy: false, facts: false, uid: "")));
        var node = (await agent.ExplainAsync("n")).Node;
        Assert.Equal(("u", false), (node.Uid, node.Available));
        Assert.Equal([new NodeLabel("zone", "a")], node.Facts.Labels);
    }

    [Fact]
    public async Task A_uid_that_is_said_for_the_first_time_is_that_of_the_node_that_is_known()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n", uid: ""));
        var before = (await agent.ExplainAsync("n")).Node;
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n", facts: false)));
        var after = (await agent.ExplainAsync("n")).Node;
        Assert.Equal(("u", before.AvailableSince), (after.Uid, after.AvailableSince));
    }

    private Task<ScriptedAgent> JoinAsync() => ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend());
}
