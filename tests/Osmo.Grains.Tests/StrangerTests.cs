using Osmo.Domain.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>
/// What must not be lost of a node: to a late message of an activation of its backend that has ended, and to a snapshot that it is not in.
/// </summary>
public sealed class StrangerTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    private const long LateOrder = 1_000_000;

    [Fact]
    public async Task What_another_activation_says_has_no_effect_and_hides_nothing_that_follows()
    {
        var agent = await ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend());
        await agent.ReportAsync(GrainCluster.Report("n"));
        var node = fixture.Cluster.Node(agent.Name.Value, "n");
        var stranger = Stamp.New();
        var late = new NodeObservation(LateOrder, agent.Session, GrainCluster.Report("n", healthy: false, uid: "of before"));
        await IsRefusedAsync(() => node.ObserveAsync(stranger, late));
        await IsRefusedAsync(() => node.RemoveAsync(stranger, LateOrder));
        await IsRefusedAsync(() => node.ReviewAsync(stranger));
        Assert.True(agent.Stored["n"].Available);
        Assert.Equal("u", agent.Stored["n"].Uid);

        Assert.True(await agent.ReportAsync(GrainCluster.Report("n", healthy: false, facts: false)));
        Assert.False(agent.Stored["n"].Available);
        Assert.False((await agent.ExplainAsync("n")).Node.Available);
    }

    [Fact]
    public async Task A_node_that_comes_back_right_after_a_snapshot_stays()
    {
        var agent = await ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend());
        await agent.SnapshotAsync(GrainCluster.Report("a"), GrainCluster.Report("n"));
        agent = await agent.RejoinAsync();

        // The snapshot without the node is complete while the report that brings it back waits for the store.
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Cluster.Store.BeforeNodeWrite = write => write.Node == "n" ? goesOn.Task : Task.CompletedTask;
        try
        {
            var snapshot = agent.SnapshotPartAsync(begin: true, end: true, GrainCluster.Report("a", healthy: false));
            var back = agent.ReportAsync(GrainCluster.Report("n", uid: "another"));
            goesOn.SetResult();
            Assert.True(await snapshot);
            Assert.True(await back);
        }
        finally
        {
            fixture.Cluster.Store.BeforeNodeWrite = null;
        }

        Assert.Equal(["a", "n"], await agent.NamesAsync());
        Assert.Equal("another", agent.Stored["n"].Uid);
    }

    private static async Task IsRefusedAsync(Func<ValueTask<NodeOutcome>> tell)
    {
        var failure = await Assert.ThrowsAsync<OsmoException>(() => tell().AsTask());
        Assert.Equal(ErrorCode.Moved, failure.Code);
    }
}
