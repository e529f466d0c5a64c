using System.Text;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Behaviours 14 and 15 of a real API server: pages of lists, and patches it refuses.</summary>
public sealed class ListAndPatchTests
{
    [Fact]
    public async Task Behaviour_14_later_pages_show_the_first_pages_snapshot_and_the_watch_brings_the_rest()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(5, limits: new KubernetesClientOptions { ListPageItems = 2 });
        int lists = 0;
        fixture.Server.Requests.Arrived += verb =>
        {
            if (verb == "list" && Interlocked.Increment(ref lists) == 2)
            {
                fixture.Cluster.RemoveNode("node-0");
                fixture.Cluster.Cordon("node-4");
                fixture.AddNode("node-5");
            }
        };
        fixture.Start();
        await fixture.AgreesAsync();
        Assert.Equal(
            ["replace node-0,node-1,node-2,node-3,node-4", "synced", "delete node-0 uid-of-node-0", "upsert node-4", "upsert node-5"],
            fixture.Sink.Calls);
        Assert.Equal(3, fixture.Server.Requests.Of("list"));
    }

    [Fact]
    public async Task Behaviour_14_pages_of_an_exact_version_carry_it_in_their_token_alone()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(5);
        string version = fixture.Cluster.ResourceVersion.ToString();
        fixture.Cluster.RemoveNode("node-3");
        NodeList list = await fixture.Client.ListNodesAsync(
            new NodeListOptions { ExactResourceVersion = version, PageItems = 2 }, decoder: null, known: null, WireFixture.Cancel);
        Assert.Equal(["node-0", "node-1", "node-2", "node-3", "node-4"], list.Nodes.Select(node => node.Name));
        Assert.Equal(version, list.ResourceVersion);
        Assert.Equal(3, fixture.Server.Requests.Of("list"));
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"a":1}}}""", "application/merge-patch+json", 422, KubernetesFailure.Invalid)]
    [InlineData("""{"metadata":{"labels":{"a":true}}}""", "application/merge-patch+json", 422, KubernetesFailure.Invalid)]
    [InlineData("""{"metadata":{"labels":{"a":"b"}}}""", "application/json", 415, KubernetesFailure.Invalid)]
    [InlineData("""{"metadata":{"resourceVersion":"2"}}""", "application/merge-patch+json", 409, KubernetesFailure.Conflict)]
    [InlineData("""{"metadata":{"uid":"other"}}""", "application/merge-patch+json", 422, KubernetesFailure.Conflict)]
    public async Task Behaviour_15_refused_patches_are_told_apart_and_kept_short(
        string body, string type, int status, KubernetesFailure failure)
    {
        await using WireFixture fixture = await WireFixture.ServeAsync();
        for (int i = 0; i < 100; i++)
        {
            // The refusal quotes the whole object.
            fixture.Cluster.SetLabel("node-0", $"example.com/label-{i}", new string('v', 60));
        }

        string version = fixture.Cluster.ResourceVersion.ToString();
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => fixture.Client.Connection.SendAsync(
            HttpMethod.Patch, "/api/v1/nodes/node-0", "patch a node", (Encoding.UTF8.GetBytes(body), type), WireFixture.Cancel));
        Assert.Equal((failure, status), (e.Failure, e.HttpStatus));
        Assert.InRange(e.Message.Length, 20, 900);
        Assert.Equal(version, fixture.Cluster.ResourceVersion.ToString());
    }

    [Theory]
    [InlineData("a", "this value is longer than the sixty-three characters that a label may have", PatchOutcome.Invalid)]
    [InlineData("a", "no spaces", PatchOutcome.Invalid)]
    [InlineData("no spaces", "b", PatchOutcome.Invalid)]
    [InlineData("a", "b", PatchOutcome.Applied)]
    public async Task Behaviour_15_labels_are_set_or_refused_whole(string key, string value, PatchOutcome outcome)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync();
        PatchResult result = await fixture.Patcher.PatchLabelsAsync(
            "node-0", [new("good", "value"), new(key, value)], "uid-of-node-0", WireFixture.Cancel);
        Assert.Equal(outcome, result.Outcome);
        Assert.Equal(outcome == PatchOutcome.Applied, fixture.Cluster.TryGet("node-0")!.Labels.ContainsKey("good"));
        Assert.Equal(outcome == PatchOutcome.Applied, result.Error is null);
        await fixture.AgreesAsync();
    }

    [Fact]
    public async Task Behaviour_15_a_patch_meant_for_another_uid_changes_nothing_and_null_removes_one_label_alone()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync();
        Assert.Equal(PatchOutcome.Conflict, (await fixture.LabelAsync("node-0", "a", "b", "uid-of-another")).Outcome);
        Assert.False(fixture.Cluster.TryGet("node-0")!.Labels.ContainsKey("a"));
        Assert.Equal(PatchOutcome.NotFound, (await fixture.LabelAsync("node-7", "a", "b")).Outcome);
        Assert.Equal(PatchOutcome.Applied, (await fixture.LabelAsync("node-0", "a", "b")).Outcome);
        Assert.Equal(PatchOutcome.Applied, (await fixture.LabelAsync("node-0", "a", null)).Outcome);
        Assert.Equal(["kubernetes.io/hostname"], fixture.Cluster.TryGet("node-0")!.Labels.Keys);
        await fixture.AgreesAsync();
    }
}
