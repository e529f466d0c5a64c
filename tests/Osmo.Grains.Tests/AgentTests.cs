using Osmo.Domain.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Tests.Rigs;
using Osmo.Testing;

namespace Osmo.Grains.Tests;

/// <summary>What an agent tells a backend, and what becomes of it.</summary>
public sealed class AgentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_is_judged_stored_and_labelled()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, observer) = await cluster.JoinAsync("b");
        Assert.True(await cluster.Backend("b").ReportAsync(
            session, GrainCluster.Snapshot(1, GrainCluster.Report("good"), GrainCluster.Report("bad", healthy: false))));

        var stored = cluster.Store.NodesOf(Osmo.Domain.Backends.BackendName.Parse("b"));
        Assert.True(stored["good"].Available);
        Assert.False(stored["bad"].Available);
        var status = await cluster.Backend("b").GetAsync(Cancel);
        Assert.Equal((2, 1, true), (status.Nodes, status.Available, status.AgentSynced));
        var bad = await cluster.Node("b", "bad").ExplainAsync(Cancel);
        Assert.Contains("Ready", Assert.Single(bad.Verdict.Reasons).Sentence, StringComparison.Ordinal);
        await Until(() => observer.Labels.Count == 2);
        Assert.True(observer.Labels["good"].Available);
        Assert.False(observer.Labels["bad"].Available);
    }

    [Fact]
    public async Task A_report_that_says_nothing_new_wakes_no_node()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, _) = await cluster.JoinAsync("b", labels: false);
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Batch(1, GrainCluster.Report("n")));
        var writes = cluster.Store.NodeWrites;
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Batch(2, GrainCluster.Report("n")));
        Assert.Equal(writes, cluster.Store.NodeWrites);
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Batch(3, GrainCluster.Report("n", healthy: false)));
        Assert.Equal(writes + 1, cluster.Store.NodeWrites);
    }

    [Fact]
    public async Task The_last_report_counts_however_batches_overtake_each_other()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, _) = await cluster.JoinAsync("b", labels: false);
        var backend = cluster.Backend("b");
        var calls = new List<Task<bool>>();
        foreach (var sequence in new ulong[] { 2, 1, 4, 3, 6, 5, 8, 7 })
        {
            calls.Add(backend.ReportAsync(session, GrainCluster.Batch(sequence, GrainCluster.Report("n", healthy: sequence == 8))));
        }

        Assert.All(await Task.WhenAll(calls), Assert.True);
        Assert.True((await cluster.Node("b", "n").ExplainAsync(Cancel)).Node.Available);
    }

    [Fact]
    public async Task A_snapshot_deletes_what_it_does_not_name()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, _) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Snapshot(1, GrainCluster.Report("a"), GrainCluster.Report("b")));
        (session, _) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Snapshot(1, GrainCluster.Report("b"), GrainCluster.Report("c")));
        var page = await cluster.Backend("b").ListNodesAsync(new NodeQuery(), Cancel);
        Assert.Equal(["b", "c"], page.Nodes.Select(node => node.Node.Name));
        var missing = await Assert.ThrowsAsync<OsmoException>(() => cluster.Node("b", "a").ExplainAsync(Cancel));
        Assert.Equal(ErrorCode.NotFound, missing.Code);
    }

    [Fact]
    public async Task A_change_of_rules_flips_nodes_and_their_labels()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, observer) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(
            session, GrainCluster.Snapshot(1, [.. Enumerable.Range(0, 500).Select(i => GrainCluster.Report($"n{i}", label: "True"))]));
        Assert.Empty(observer.Labels);
        var record = await cluster.Backend("b").ConfigureAsync(
            GrainCluster.Edit("""{"node_conditions":{"additional_node_conditions":["GpuBad"]}}"""), GrainCluster.Somebody(), null, Cancel);
        var status = await cluster.Backend("b").GetAsync(Cancel);
        Assert.Equal(0, status.Available);
        Assert.Equal(record.Revision, status.Record.Revision);
        Assert.All(cluster.Store.NodesOf(record.Name).Values, node => Assert.False(node.Available));
        await Until(() => observer.Labels.Count == 500);
    }

    [Fact]
    public async Task A_lost_fence_ends_the_activation_and_the_next_one_serves()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, observer) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Snapshot(1, GrainCluster.Report("n")));
        Assert.True(cluster.Store.TryTakeOver(Osmo.Domain.Backends.BackendName.Parse("b")));
        var failure = await Assert.ThrowsAsync<OsmoException>(() => cluster.Backend("b").ReportAsync(
            session, GrainCluster.Batch(2, GrainCluster.Report("n", healthy: false))));
        Assert.Equal(ErrorCode.Moved, failure.Code);
        Assert.Equal(Osmo.Grains.Agents.AgentRefusal.Moved, await observer.Ended);
        await Until(async () => (await cluster.Backend("b").GetAsync(Cancel)).Available == 1);
    }

    [Fact]
    public async Task A_deleted_backend_is_gone_with_its_nodes_and_can_come_back()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (session, observer) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Snapshot(1, GrainCluster.Report("n")));
        await cluster.Backend("b").DeleteAsync(GrainCluster.Somebody("r1"), null, Cancel);
        await cluster.Backend("b").DeleteAsync(GrainCluster.Somebody("r1"), null, Cancel);
        Assert.Equal(Osmo.Grains.Agents.AgentRefusal.Deleted, await observer.Ended);
        var missing = await Assert.ThrowsAsync<OsmoException>(() => cluster.Backend("b").GetAsync(Cancel));
        Assert.Equal(ErrorCode.NotFound, missing.Code);
        (session, _) = await cluster.JoinAsync("b");
        await cluster.Backend("b").ReportAsync(session, GrainCluster.Snapshot(1, GrainCluster.Report("m")));
        Assert.Equal("m", Assert.Single((await cluster.Backend("b").ListNodesAsync(new NodeQuery(), Cancel)).Nodes).Node.Name);
    }

    private static Task Until(Func<bool> holds) => Eventually.HoldsAsync(holds, "it holds");

    private static Task Until(Func<Task<bool>> holds) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                return await holds() ? null : "it does not hold yet";
            }
            catch (OsmoException failure) when (failure.Code is ErrorCode.Moved or ErrorCode.Unavailable)
            {
                return failure.Message;
            }
        },
        "it holds");
}
