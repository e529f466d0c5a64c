using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Tests.Rigs;
using Osmo.Testing;

namespace Osmo.Grains.Tests;

/// <summary>What is known of nodes says how old it is, and is no longer taken for how they are when nobody watches them.</summary>
public sealed class FreshnessTests : IAsyncLifetime
{
    private static readonly TimeSpan Silence = AgentSession.AliveTime + TimeSpan.FromSeconds(1);

    private readonly ShiftedClock _clock = new();
    private GrainCluster _cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await GrainCluster.StartAsync(time: _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_backend_is_offline_as_soon_as_its_agent_has_left_and_its_nodes_are_unknown_after_a_minute()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n", label: "True"));
        var watched = await agent.StatusAsync();
        Assert.Equal((true, true, true), (watched.Online, watched.LabelsKnown, watched.Freshness!.IsCurrent));
        Assert.True((await agent.ExplainAsync("n")).Freshness!.IsCurrent);

        await agent.Backend.DisconnectAsync(agent.Session);
        var left = await agent.StatusAsync();
        Assert.Equal((false, false, true), (left.Online, left.LabelsKnown, left.Freshness!.IsCurrent));
        Assert.Equal(watched.Freshness.AsOf, left.Freshness.AsOf);
        Assert.True((await agent.ExplainAsync("n")).Freshness!.IsCurrent);

        _clock.Shift(Silence);
        var later = await agent.StatusAsync();
        Assert.Equal((1, false), (later.Available, later.Freshness!.IsCurrent));
        Assert.Equal(watched.Freshness.AsOf, later.Freshness.AsOf);
        Assert.True(later.Freshness.Age >= Silence);
        var node = await agent.ExplainAsync("n");
        Assert.Equal((true, false), (node.Verdict.Available, node.Freshness!.IsCurrent));
        Assert.False(Assert.Single((await agent.Backend.ListNodesAsync(new NodeQuery(), Cancel)).Nodes).Freshness!.IsCurrent);
    }

    [Fact]
    public async Task An_agent_that_is_connected_and_silent_counts_as_gone_until_it_is_heard_of()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        _clock.Shift(Silence);
        var silent = await agent.StatusAsync();
        Assert.Equal(
            (false, true, false, false), (silent.Online, silent.AgentConnected, silent.LabelsKnown, silent.Freshness!.IsCurrent));
        Assert.Equal(0, silent.LabelsWrong);

        await agent.Backend.HeartbeatAsync(agent.Session, clusterError: null);
        var heard = await agent.StatusAsync();
        Assert.Equal((true, true, true), (heard.Online, heard.LabelsKnown, heard.Freshness!.IsCurrent));
        Assert.Equal(1, heard.LabelsWrong);
    }

    [Fact]
    public async Task An_agent_that_cannot_watch_its_cluster_is_online_and_its_nodes_grow_old()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        var watched = (await agent.StatusAsync()).Freshness!.AsOf;
        _clock.Shift(Silence);
        await agent.Backend.HeartbeatAsync(agent.Session, "connection refused");
        var blind = await agent.StatusAsync();
        Assert.Equal((true, false, "connection refused"), (blind.Online, blind.Freshness!.IsCurrent, blind.ClusterError));
        Assert.Equal(watched, blind.Freshness.AsOf);
        Assert.False((await agent.ExplainAsync("n")).Freshness!.IsCurrent);
    }

    [Fact]
    public async Task While_a_snapshot_comes_in_its_nodes_are_known_and_the_others_are_not()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("a"), GrainCluster.Report("b"));
        await agent.Backend.DisconnectAsync(agent.Session);
        _clock.Shift(Silence);
        agent = await agent.RejoinAsync();
        await agent.SnapshotPartAsync(begin: true, end: false, GrainCluster.Report("a"));
        Assert.Equal([true, false], await CurrentAsync(agent));
        Assert.False((await agent.StatusAsync()).Freshness!.IsCurrent);
        await agent.SnapshotPartAsync(begin: false, end: true, GrainCluster.Report("b"));
        Assert.Equal([true, true], await CurrentAsync(agent));
        Assert.True((await agent.StatusAsync()).Freshness!.IsCurrent);
    }

    [Fact]
    public async Task Nobody_has_watched_a_backend_that_is_loaded_again_since_its_stored_heartbeat()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        _clock.Shift(Silence);
        Assert.True(_cluster.Store.TryTakeOver(agent.Name));
        await Eventually.AgreesAsync(
            async () => await TryStatusAsync(agent) is { AgentConnected: false, Freshness.IsCurrent: false } ? null : "not yet",
            "the backend is loaded again");
        Assert.True((await agent.ExplainAsync("n")).Verdict.Available);
    }

    [Fact]
    public async Task Heartbeats_are_not_written_more_often_than_their_time_is()
    {
        var agent = await ScriptedAgent.JoinAsync(_cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        var commits = 0;
        _cluster.Store.BeforeCommit = _ =>
        {
            Interlocked.Increment(ref commits);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 200; i++)
        {
            await agent.Backend.HeartbeatAsync(agent.Session, clusterError: null);
        }

        Assert.InRange(commits, 0, 2);
    }

    private static async Task<IEnumerable<bool>> CurrentAsync(ScriptedAgent agent) =>
        (await agent.Backend.ListNodesAsync(new NodeQuery(), Cancel)).Nodes.Select(node => node.Freshness!.IsCurrent);

    private static async Task<BackendStatus?> TryStatusAsync(ScriptedAgent agent)
    {
        try
        {
            return await agent.StatusAsync();
        }
        catch (OsmoException)
        {
            return null;
        }
    }
}
