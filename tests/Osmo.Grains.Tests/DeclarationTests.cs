using System.Text.Json;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Tests.Rigs;

namespace Osmo.Grains.Tests;

/// <summary>Backends that are declared before their agent connects.</summary>
public sealed class DeclarationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_declared_backend_is_adopted_by_the_agent_that_connects_and_its_nodes_are_judged_by_its_rules()
    {
        await using var cluster = await GrainCluster.StartAsync(silos: 2);
        var declared = await DeclareAsync(cluster, """{"description":"ours","node_conditions":{"ignore_node_conditions":["Ready"]}}""");
        Assert.Equal((null, null, "ours"), (declared.Registration.ClusterUid, declared.LastHeartbeat, declared.Config.Description));
        var status = await cluster.Backend("b").GetAsync(Cancel);
        Assert.Equal((declared.Revision, 0), (status.Record.Revision, status.Nodes));

        var agent = await ScriptedAgent.JoinAsync(cluster, "b");
        await agent.SnapshotAsync(GrainCluster.Report("n", healthy: false));

        var adopted = (await agent.StatusAsync()).Record;
        Assert.NotNull(adopted.Registration.ClusterUid);
        Assert.Equal(declared.Config, adopted.Config);
        Assert.Equal(declared.CreatedAt, adopted.CreatedAt);
        Assert.True((await agent.ExplainAsync("n")).Node.Available);
    }

    [Fact]
    public async Task A_declaration_that_says_what_is_there_changes_nothing_and_one_that_differs_is_a_change()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await DeclareAsync(cluster, """{"description":"one"}""");
        Assert.Equal(first.Revision, (await DeclareAsync(cluster, """{"description":"one"}""")).Revision);
        var second = await DeclareAsync(cluster, """{"description":"two"}""");
        Assert.True(second.Revision > first.Revision);
        Assert.Equal(first.CreatedAt, second.CreatedAt);
    }

    [Fact]
    public async Task A_declaration_of_a_backend_that_was_seen_at_a_revision_and_is_gone_is_refused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var change = new MergePatch(Json("{}")) { Declares = true };
        var refusal = await Assert.ThrowsAsync<OsmoException>(
            () => cluster.Backend("b").ConfigureAsync(change, GrainCluster.Somebody(), expectedRevision: 7, Cancel));
        Assert.Equal(ErrorCode.NotFound, refusal.Code);
    }

    private static Task<BackendRecord> DeclareAsync(GrainCluster cluster, string patch) => cluster.Backend("b").ConfigureAsync(
        new MergePatch(Json(patch)) { Declares = true }, GrainCluster.Somebody(), expectedRevision: null, Cancel);

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
