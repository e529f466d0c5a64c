using Osmo.Domain.Availability;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>
/// Odd reports harm nobody but the node they speak of, and those that break the protocol end the session of their agent alone.
/// </summary>
public sealed class PoisonTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a/b/c")]
    [InlineData("..")]
    [InlineData("a b\tc")]
    [InlineData("\u00e4\ud83d\ude00")]
    [InlineData("\u0000\u001b[31m")]
    [InlineData("a+b?c#d%2f")]
    public async Task A_name_of_odd_characters_is_a_name(string name)
    {
        var agent = await JoinAsync();
        Assert.True(await agent.ReportAsync(GrainCluster.Report(name), GrainCluster.Report("plain")));
        Assert.Equal(new[] { name, "plain" }.Order(StringComparer.Ordinal), await agent.NamesAsync());
        Assert.Equal(name, (await agent.ExplainAsync(name)).Node.Name);
        await agent.IsAskedAsync(name, 1);
        Assert.True(await agent.DeleteAsync(name));
        Assert.Equal(["plain"], agent.Stored.Keys);
    }

    [Fact]
    public async Task A_name_that_is_long_is_a_name()
    {
        var agent = await JoinAsync();
        var name = new string('n', 1_000);
        Assert.True(await agent.ReportAsync(GrainCluster.Report(name)));
        Assert.True((await agent.ExplainAsync(name)).Node.Available);
    }

    [Fact]
    public async Task A_condition_that_is_named_twice_counts_twice()
    {
        var agent = await JoinAsync();
        var twice = GrainCluster.Report("n") with
        {
            Conditions = [new ConditionPair("Ready", "True"), new ConditionPair("Ready", "False"), new ConditionPair("", "")],
        };
        Assert.True(await agent.ReportAsync(twice, GrainCluster.Report("plain")));
        Assert.False((await agent.ExplainAsync("n")).Node.Available);
        Assert.False((await agent.ExplainAsync("n")).Verdict.Available);
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n")));
        Assert.True((await agent.ExplainAsync("n")).Node.Available);
    }

    [Fact]
    public async Task A_node_that_a_batch_names_twice_is_as_it_says_last()
    {
        var agent = await JoinAsync();
        Assert.True(await agent.ReportAsync(GrainCluster.Report("n"), GrainCluster.Report("n", healthy: false)));
        Assert.False(agent.Stored["n"].Available);
    }

    [Fact]
    public async Task An_unknown_node_without_facts_ends_the_session_and_the_others_of_its_batch_are_taken()
    {
        var agent = await JoinAsync();
        Assert.False(await agent.ReportAsync(
            GrainCluster.Report("first"), GrainCluster.Report("unknown", facts: false), GrainCluster.Report("last")));
        Assert.Equal(AgentRefusal.ProtocolError, await agent.Observer.Ended);
        Assert.Equal(["first", "last"], await agent.NamesAsync());
        var late = await Assert.ThrowsAsync<OsmoException>(() => agent.ReportAsync(GrainCluster.Report("first")));
        Assert.Equal(ErrorCode.Moved, late.Code);

        agent = await agent.RejoinAsync();
        Assert.True(await agent.SnapshotAsync(GrainCluster.Report("unknown")));
        Assert.Equal(["unknown"], await agent.NamesAsync());
    }

    [Fact]
    public async Task One_backend_that_breaks_the_protocol_disturbs_no_other()
    {
        var (good, bad) = (await JoinAsync(), await JoinAsync());
        await good.ReportAsync(GrainCluster.Report("n"));
        await bad.ReportAsync(GrainCluster.Report("unknown", facts: false));
        Assert.True(await good.ReportAsync(GrainCluster.Report("n", healthy: false)));
        Assert.True(await good.Backend.HasSessionAsync(good.Session).AsTask().WaitAsync(Cancel));
        Assert.False(await bad.Backend.HasSessionAsync(bad.Session));
    }

    private Task<ScriptedAgent> JoinAsync() => ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend());
}
