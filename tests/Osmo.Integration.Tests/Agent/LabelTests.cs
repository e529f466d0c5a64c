using System.Collections.Concurrent;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Xunit;
using Outcome = Osmo.Protocol.Agent.V1.LabelResult.Types.Outcome;

namespace Osmo.Integration.Tests.Agent;

/// <summary>From the silo's wish to the label on the node and back.</summary>
public sealed class LabelTests
{
    [Fact]
    public async Task A_label_is_patched_once_and_reported_after_the_node()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        ConcurrentQueue<PatchRecord> patches = new();
        rig.Cluster.Patched += patches.Enqueue;
        SiloConversation conversation = await rig.Silo.SnapshotAsync();

        await conversation.WantLabelAsync("node-0", available: true);
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Results.Count > 0, "the result is reported");
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Results.Count > 1, "the second result is reported");

        Assert.All(
            conversation.Results,
            result => Assert.Equal((Outcome.Applied, true, ""), (result.Outcome, result.Available, result.Message)));
        Assert.Single(patches);
        Assert.Equal("True", conversation.Fleet.Find("node-0")!.VerifiedLabel);
        Assert.Empty(conversation.Fleet.Violations);
    }

    [Fact]
    public async Task Every_node_of_a_fleet_gets_its_label_with_one_patch()
    {
        await using AgentRig rig = await AgentRig.StartAsync(nodes: 200);
        ConcurrentQueue<PatchRecord> patches = new();
        rig.Cluster.Patched += patches.Enqueue;
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        for (int i = 0; i < 200; i++)
        {
            await conversation.WantLabelAsync($"node-{i}", available: i % 2 == 0);
        }

        await Eventually.HoldsAsync(() => conversation.Results.Count == 200, "all results are reported");
        Assert.Equal(200, patches.Count);
        Assert.All(
            Enumerable.Range(0, 200),
            i => Assert.Equal(i % 2 == 0 ? "True" : "False", conversation.Fleet.Find($"node-{i}")!.VerifiedLabel));
        Assert.Empty(conversation.Fleet.Violations);
    }

    [Fact]
    public async Task A_failed_patch_is_reported_and_tried_again()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        rig.Server.Faults.FailNext("patch", 2, FaultResponse.InternalError);

        await conversation.WantLabelAsync("node-0", available: false);
        await Eventually.HoldsAsync(() => conversation.Results.Any(result => result.Outcome == Outcome.Applied), "the label is there");

        Assert.Equal([Outcome.Retrying, Outcome.Applied], conversation.Results.Select(result => result.Outcome));
        Assert.Contains("500", conversation.Results[0].Message, StringComparison.Ordinal);
        Assert.Equal("False", conversation.Fleet.Find("node-0")!.VerifiedLabel);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(422)]
    public async Task A_patch_that_is_refused_for_a_while_goes_through_afterwards(int status)
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        rig.Server.Faults.FailPatchesOf("node-0", new FaultResponse(status));
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Results.Count > 0, "the refusal is reported");
        Assert.Equal(Outcome.Retrying, conversation.Results[0].Outcome);

        rig.Server.Faults.Clear();
        await Eventually.HoldsAsync(() => conversation.Results[^1].Outcome == Outcome.Applied, "the label is there");
        Assert.Equal("True", conversation.Fleet.Find("node-0")!.VerifiedLabel);
    }

    [Fact]
    public async Task A_label_removed_by_hand_is_reported()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.VerifiedLabel == "True", "the label is there");

        rig.Cluster.SetLabel("node-0", AgentRig.Label, null);
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.VerifiedLabel is null, "the loss is reported");
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.VerifiedLabel == "True", "the label is there again");
    }

    [Fact]
    public async Task A_node_that_is_gone_or_another_is_given_up()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        await conversation.WantLabelAsync("nobody", available: true, uid: "x");
        await conversation.WantLabelAsync("node-0", available: true, uid: "an older one");
        await Eventually.HoldsAsync(() => conversation.Results.Count == 2, "both are reported");
        Assert.All(conversation.Results, result => Assert.Equal(Outcome.GaveUp, result.Outcome));
        Assert.All(conversation.Results, result => Assert.NotEmpty(result.Message));
        Assert.Equal(0, rig.State.LabelsWaiting);
    }

    [Fact]
    public async Task An_agent_that_may_not_patch_does_not_whatever_the_silo_wants()
    {
        await using AgentRig rig = await AgentRig.StartAsync(
            options: options => options with { EnableNodeLabelUpdate = true, AllowLabelPatches = false });
        ConcurrentQueue<PatchRecord> patches = new();
        rig.Cluster.Patched += patches.Enqueue;
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        Assert.False(conversation.Hello!.LabelUpdates);

        await conversation.SetPolicyAsync(isEnabled: true);
        await conversation.WantLabelAsync("node-0", available: true);

        // What follows is handled after that, by one side and by the other.
        rig.Cluster.SetCondition("node-1", "Ready", "Unknown");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-1")!.Status("Ready") == "Unknown", "the watch goes on");
        await conversation.SetPolicyAsync(isEnabled: false);
        int before = rig.Silo.Conversations.Count;
        conversation.Abort();
        await rig.Silo.SnapshotAsync(before);
        Assert.Empty(patches);
        Assert.Empty(conversation.Results);
    }

    [Fact]
    public async Task Switched_off_means_that_nothing_more_is_patched()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        rig.Server.Faults.FailPatchesOf("node-0", FaultResponse.ServiceUnavailable);
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.ResultsOf("node-0").Any(), "the first try has failed");

        await conversation.SetPolicyAsync(isEnabled: false);
        await conversation.WantLabelAsync("node-1", available: true);
        await Eventually.HoldsAsync(() => rig.State.LabelsWaiting == 0, "nothing waits any more");
        rig.Server.Faults.Clear();
        await conversation.SetPolicyAsync(isEnabled: true);
        await conversation.WantLabelAsync("node-2", available: true);
        await Eventually.HoldsAsync(() => conversation.ResultsOf("node-2").Any(), "updates work again");

        Assert.Null(conversation.Fleet.Find("node-0")!.VerifiedLabel);
        Assert.Null(conversation.Fleet.Find("node-1")!.VerifiedLabel);
    }
}
