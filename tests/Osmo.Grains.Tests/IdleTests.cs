using Microsoft.Extensions.DependencyInjection;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>Nothing is lost when grains are collected because they are idle, or go on elsewhere.</summary>
public sealed class IdleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_are_collected_lose_nothing()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var agent = await ScriptedAgent.JoinAsync(cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m", label: "True"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: false, LabelOutcome.Retrying, "forbidden");
        var (before, writes) = (await agent.ExplainAsync("n"), cluster.Store.NodeWrites);
        Assert.NotEqual(0, await CountNodesAsync(cluster));

        // The backend is collected with its nodes unless its agent is connected and speaks; here only nodes go.
        foreach (var node in await agent.NamesAsync())
        {
            await cluster.Orleans.DeactivateAsync(cluster.Node("b", node));
        }

        Assert.Equal(0, await CountNodesAsync(cluster));
        Assert.Equal(["m", "n"], await agent.NamesAsync());
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m", label: "True"));
        Assert.Equal(writes, cluster.Store.NodeWrites);
        var after = await agent.ExplainAsync("n");
        Assert.Equal(before.Node, after.Node);
        Assert.Equal(before.Label, after.Label);
        Assert.Equal(1, await agent.SettledAsync("n"));

        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 2);
        Assert.True(agent.Stored["n"].Available);
    }

    [Fact]
    public async Task Everything_that_is_collected_comes_back_as_it_was()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var agent = await ScriptedAgent.JoinAsync(cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m", label: "True"));
        var (record, before) = ((await agent.StatusAsync()).Record, (await agent.ExplainAsync("n")).Node);
        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, Cancel);
        Assert.Equal(0, await CountNodesAsync(cluster));

        var status = await agent.StatusAsync();
        Assert.Equal((record.Config, 2, 1), (status.Record.Config, status.Nodes, status.Available));
        var after = (await agent.ExplainAsync("n")).Node;
        Assert.Equal((before.Version, before.AvailableSince, before.Facts), (after.Version, after.AvailableSince, after.Facts));
        agent = await agent.RejoinAsync();
        var writes = cluster.Store.NodeWrites;
        await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m", label: "True"));
        Assert.Equal(writes, cluster.Store.NodeWrites);
        await agent.IsAskedAsync("n", 1);
    }

    [Fact]
    public async Task A_backend_that_moves_with_an_agent_connected_goes_on_where_it_is_now()
    {
        await using var cluster = await GrainCluster.StartAsync(silos: 2);
        var agent = await ScriptedAgent.JoinAsync(cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m"));
        await agent.ConfigureAsync("""{"description":"kept"}""");
        var from = await agent.Backend.PingAsync();
        var to = cluster.Orleans.Silos.Select(silo => silo.SiloAddress).Single(address => address.ToParsableString() != from.Address);
        await cluster.Orleans.MigrateAsync(agent.Backend, to);
        Assert.Equal(AgentRefusal.Moved, await agent.Observer.Ended);
        var late = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(GrainCluster.Report("n")));
        Assert.Equal(ErrorCode.Moved, late.Code);
        Assert.Equal(to.ToParsableString(), (await agent.Backend.PingAsync()).Address);

        var writes = cluster.Store.NodeWrites;
        agent = await agent.RejoinAsync();
        Assert.True(await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("m")));
        Assert.Equal(writes, cluster.Store.NodeWrites);
        await agent.IsAskedAsync("n", 1);
        Assert.Equal("kept", (await agent.StatusAsync()).Record.Config.Description);
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n")));
        Assert.True((await cluster.Node("b", "n").ExplainAsync(Cancel)).Node.Available);
    }

    /// <summary>Silos remember where a grain was, and a node that ends alone would come up at the same place by the next call.</summary>
    [Fact]
    public async Task A_node_follows_its_backend_although_the_silo_that_calls_it_remembers_the_place_of_before()
    {
        await using var cluster = await GrainCluster.StartAsync(silos: 2);
        var agent = await ScriptedAgent.JoinAsync(cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        for (var moves = 0; moves < 3; moves++)
        {
            var from = await agent.Backend.PingAsync();
            var other = cluster.Orleans.Silos.Single(silo => silo.SiloAddress.ToParsableString() != from.Address);
            var grains = other.ServiceProvider.GetRequiredService<IGrainFactory>();
            await grains.GetGrain<INodeGrain>("b/n").ExplainAsync(Cancel);
            await cluster.Orleans.MigrateAsync(agent.Backend, other.SiloAddress);
            agent = await agent.RejoinAsync();
            Assert.Equal(other.SiloAddress.ToParsableString(), (await agent.Backend.PingAsync()).Address);
            Assert.True(await agent.SnapshotAsync(GrainCluster.Report("n", healthy: moves % 2 == 1)));
            Assert.Equal(moves % 2 == 1, agent.Stored["n"].Available);
        }
    }

    private static async Task<int> CountNodesAsync(GrainCluster cluster) =>
        (await cluster.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics())
            .Count(grain => grain.GrainType.Contains(nameof(NodeGrain), StringComparison.Ordinal));
}
