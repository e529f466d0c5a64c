using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>
/// What grains do when they are not the only ones, or the store fails: nothing wrong is stored, and the next activation serves.
/// </summary>
public sealed class FenceTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private MemoryStore Store => fixture.Cluster.Store;

    [Fact]
    public async Task A_stale_activation_of_a_node_cannot_write_and_the_next_one_serves_what_the_store_has()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"), GrainCluster.Report("other"));
        var other = Store.ChangeBehind(agent.Name, "n");
        var refused = Store.Refused;
        var failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(GrainCluster.Report("n", healthy: false)));
        Assert.Equal(ErrorCode.Moved, failure.Code);
        Assert.Equal(refused + 1, Store.Refused);
        Assert.Equal(other, agent.Stored["n"]);
        Assert.Equal(AgentRefusal.Moved, await agent.Observer.Ended);

        agent = await agent.RejoinAsync();
        var loaded = (await agent.ExplainAsync("n")).Node;
        Assert.Equal((true, other.Version), (loaded.Available, loaded.Version));
        Assert.True(await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false), GrainCluster.Report("other")));
        Assert.False(agent.Stored["n"].Available);
    }

    [Fact]
    public async Task Of_two_that_make_the_same_node_one_is_refused()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.DeleteAsync("n");

        // Another activation makes the row while this one is on its way to do so.
        Store.BeforeNodeWrite = async write =>
        {
            Store.BeforeNodeWrite = null;
            await Store.WriteNodeAsync(write with { Next = write.Next! with { Version = 1 } }, Cancel);
        };
        var failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(GrainCluster.Report("n")));
        Assert.Equal(ErrorCode.Moved, failure.Code);
        Assert.Equal(1, agent.Stored["n"].Version);
        agent = await agent.RejoinAsync();
        Assert.True(await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false)));
        Assert.False(agent.Stored["n"].Available);
    }

    [Fact]
    public async Task A_write_that_hangs_does_not_keep_a_lost_backend_from_being_loaded_again_and_is_refused_when_it_goes_on()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"), GrainCluster.Report("other"));
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.BeforeNodeWrite = write =>
        {
            if (write.Node == "n")
            {
                hangs.SetResult();
                return goesOn.Task;
            }

            throw new OsmoException(ErrorCode.Unavailable, "The store is away.");
        };
        var hanging = agent.ReportAsync(GrainCluster.Report("n", healthy: false));
        await hangs.Task;
        var failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(GrainCluster.Report("other", healthy: false)));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        await Assert.ThrowsAsync<OsmoException>(() => hanging.WaitAsync(Soon, Cancel));
        Store.BeforeNodeWrite = null;

        agent = await agent.RejoinAsync().WaitAsync(Soon, Cancel);
        Assert.Equal(2, (await agent.StatusAsync()).Available);
        var refused = Store.Refused;
        goesOn.SetResult();
        Assert.True(await agent.SnapshotAsync(
            GrainCluster.Report("n") with { Unschedulable = true }, GrainCluster.Report("other")).WaitAsync(Soon, Cancel));
        Assert.Equal(refused + 1, Store.Refused);
        var node = agent.Stored["n"];
        Assert.Equal((false, true, "True"), (node.Available, node.Unschedulable, node.Conditions.ToPairs()[0].Status));
    }

    [Fact]
    public async Task A_backend_that_is_deactivated_while_a_write_hangs_acknowledges_what_is_durable()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.BeforeNodeWrite = _ =>
        {
            hangs.SetResult();
            return goesOn.Task;
        };
        var report = agent.ReportAsync(GrainCluster.Report("n", healthy: false));
        await hangs.Task;
        var deactivated = fixture.Cluster.Orleans.DeactivateAsync(agent.Backend);
        var status = agent.StatusAsync();
        Assert.False(report.IsCompleted);
        goesOn.SetResult();
        Store.BeforeNodeWrite = null;
        Assert.True(await report.WaitAsync(Soon, Cancel));
        await deactivated.WaitAsync(Soon, Cancel);
        Assert.Equal(0, (await status.WaitAsync(Soon, Cancel)).Available);
        Assert.False(agent.Stored["n"].Available);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_load_that_fails_is_told_and_the_next_call_loads_again(bool says)
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await fixture.Cluster.Orleans.DeactivateAsync(agent.Backend);
        Store.BeforeLoad = backend => backend != agent.Name ? Task.CompletedTask
            : throw (says ? new OsmoException(ErrorCode.Unavailable, "The store is away.") : new InvalidDataException("A row is broken."));
        var failure = await Assert.ThrowsAsync<OsmoException>(agent.StatusAsync);
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ExplainAsync("n"));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Store.BeforeLoad = null;
        Assert.Equal(1, (await agent.StatusAsync()).Available);
        Assert.True((await agent.ExplainAsync("n")).Node.Available);
    }

    [Fact]
    public async Task A_read_that_begins_while_a_configuration_is_under_way_is_answered_with_the_new_revision()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        var before = (await agent.StatusAsync()).Record.Revision;
        var commits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.BeforeCommit = commit =>
        {
            if (commit.Backend != agent.Name || commit.History is null)
            {
                return Task.CompletedTask;
            }

            commits.TrySetResult();
            return goesOn.Task;
        };
        var configured = agent.ConfigureAsync("""{"description":"new"}""");
        await commits.Task;
        var read = agent.StatusAsync();
        var listed = agent.NamesAsync();

        // A report that comes later is taken meanwhile: a slow commit holds up no agent, and that shows that the reads wait.
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n", healthy: false)).WaitAsync(Soon, Cancel));
        Assert.False(read.IsCompleted);
        Assert.False(listed.IsCompleted);
        goesOn.SetResult();
        var record = (await read).Record;
        Assert.Equal((before + 1, "new"), (record.Revision, record.Config.Description));
        Assert.Equal(record.Revision, (await configured).Revision);
        await listed;
        Store.BeforeCommit = null;
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_stored_is_not_shown()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        Store.BeforeCommit = _ => throw new OsmoException(ErrorCode.Unavailable, "The store is away.");
        var failure = await Assert.ThrowsAsync<OsmoException>(() => agent.ConfigureAsync("""{"description":"lost"}"""));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Store.BeforeCommit = null;
        Assert.Equal(AgentRefusal.Unavailable, await agent.Observer.Ended);
        agent = await agent.RejoinAsync();
        var status = await agent.StatusAsync();
        Assert.Equal(("", 1), (status.Record.Config.Description, status.Nodes));
    }

    private Task<ScriptedAgent> JoinAsync() => ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend(), labels: false);
}
