using System.Collections.Concurrent;
using Osmo.Domain.Nodes;
using Osmo.Grains.Agents;
using Osmo.Grains.Storage;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>What becomes of an agent's snapshots and reports in their order, and what is written of them.</summary>
public sealed class SnapshotTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    [Fact]
    public async Task A_snapshot_of_several_batches_keeps_what_any_of_them_named()
    {
        var agent = await JoinAsync();
        await agent.SnapshotAsync(GrainCluster.Report("a"), GrainCluster.Report("b"), GrainCluster.Report("gone"));
        agent = await agent.RejoinAsync();
        await Task.WhenAll(
            agent.SnapshotPartAsync(begin: true, end: false, GrainCluster.Report("a")),
            agent.SnapshotPartAsync(begin: false, end: false, GrainCluster.Report("b")),
            agent.SnapshotPartAsync(begin: false, end: true, GrainCluster.Report("new")),
            agent.ReportAsync(GrainCluster.Report("later")));
        Assert.Equal(["a", "b", "later", "new"], await agent.NamesAsync());
        Assert.Equal(["a", "b", "later", "new"], agent.Stored.Keys.Order());
    }

    [Fact]
    public async Task Nothing_is_gone_before_the_snapshot_is_complete()
    {
        var agent = await JoinAsync();
        await agent.SnapshotAsync(GrainCluster.Report("a"));
        Assert.True((await agent.StatusAsync()).AgentSynced);
        agent = await agent.RejoinAsync();
        await agent.SnapshotPartAsync(begin: true, end: false, GrainCluster.Report("b"));
        Assert.Equal(["a", "b"], await agent.NamesAsync());
        Assert.False((await agent.StatusAsync()).AgentSynced);
        await agent.SnapshotPartAsync(begin: false, end: true);
        Assert.Equal(["b"], await agent.NamesAsync());
        Assert.True((await agent.StatusAsync()).AgentSynced);
    }

    [Fact]
    public async Task A_node_that_comes_and_goes_at_once_is_gone()
    {
        var agent = await JoinAsync();
        await Task.WhenAll(agent.ReportAsync(GrainCluster.Report("a")), agent.DeleteAsync("a", "never-seen"));
        Assert.Empty(await agent.NamesAsync());
        Assert.Empty(agent.Stored);
    }

    [Fact]
    public async Task A_node_that_goes_and_comes_back_at_once_stays()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("a"));
        await Task.WhenAll(
            agent.DeleteAsync("a", "b"), agent.ReportAsync(GrainCluster.Report("a", healthy: false), GrainCluster.Report("b")));
        Assert.False(agent.Stored["a"].Available);
        Assert.True(agent.Stored["b"].Available);
        await agent.DeleteAsync("a", "b");
        Assert.Empty(await agent.NamesAsync());
        Assert.Empty(agent.Stored);
    }

    [Fact]
    public async Task Rules_that_change_while_reports_are_under_way_judge_all_nodes()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(
            GrainCluster.Report("old-flips"), GrainCluster.Report("old-stays", healthy: false), GrainCluster.Report("old-changes"));
        await Task.WhenAll(
            agent.ReportAsync(GrainCluster.Report("new"), GrainCluster.Report("old-changes", healthy: false)),
            agent.ConfigureAsync("""{"node_conditions":{"additional_node_conditions":["GpuBad"]}}"""));
        Assert.All(agent.Stored.Values, node => Assert.False(node.Available));
        Assert.Equal(0, (await agent.StatusAsync()).Available);
        await agent.ConfigureAsync("""{"node_conditions":null}""");
        Assert.Equal(["new", "old-flips"], agent.Stored.Values.Where(node => node.Available).Select(node => node.Name).Order());
    }

    [Fact]
    public async Task Only_what_changed_is_written_and_facts_only_when_they_changed()
    {
        var writes = new ConcurrentQueue<NodeWrite>();
        var agent = await JoinAsync(labels: false);
        fixture.Cluster.Store.BeforeNodeWrite = write =>
        {
            if (write.Backend == agent.Name)
            {
                writes.Enqueue(write);
            }

            return Task.CompletedTask;
        };
        var facts = new NodeFacts([new NodeLabel("a", "b")], [], [], []);
        var node = GrainCluster.Report("n") with { Facts = facts };
        await agent.ReportAsync(node);
        Assert.True(Taken(writes).FactsChanged);
        await agent.ReportAsync(node with { Facts = facts with { Labels = [new NodeLabel("a", "b")] } });
        await agent.ReportAsync(node with { Facts = null, VerifiedLabel = "True" });
        Assert.Empty(writes);
        Assert.Equal("True", (await agent.ExplainAsync("n")).Label.Seen);
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false, facts: false));
        Assert.False(Taken(writes).FactsChanged);
        await agent.ReportAsync(GrainCluster.Report("n") with { Facts = facts with { Labels = [new NodeLabel("a", "c")] } });
        Assert.True(Taken(writes).FactsChanged);
        fixture.Cluster.Store.BeforeNodeWrite = null;
    }

    [Fact]
    public async Task A_batch_that_comes_twice_ends_the_session()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("a"));
        Assert.False(await agent.Backend.ReportAsync(agent.Session, GrainCluster.Batch(1, GrainCluster.Report("b"))));
        Assert.Equal(AgentRefusal.ProtocolError, await agent.Observer.Ended);
        Assert.Equal(["a"], await agent.NamesAsync());
    }

    private static NodeWrite Taken(ConcurrentQueue<NodeWrite> writes)
    {
        Assert.True(writes.TryDequeue(out var write));
        Assert.Empty(writes);
        return write;
    }

    private Task<ScriptedAgent> JoinAsync(bool labels = true) =>
        ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend(), labels);
}
