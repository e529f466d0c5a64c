using Osmo.KubeSim.Faults;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Agent;

/// <summary>An agent that loses the gateway, the API server or its rights comes back by itself and converges.</summary>
public sealed class AgentLossTests
{
    [Fact]
    public async Task The_gateway_goes_and_comes_back()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        await rig.Silo.SnapshotAsync();
        await rig.Silo.StopListeningAsync();
        await Eventually.HoldsAsync(() => !rig.State.IsConnected, "the loss is noticed");

        rig.Cluster.RemoveNode("node-0");
        rig.Cluster.SetCondition("node-1", "Ready", "False");
        rig.Cluster.AddNode(NodeJson.Small("node-3", 0));
        await Eventually.HoldsAsync(() => rig.State.EventsReceived >= 3, "the watch goes on");
        int before = rig.Silo.Conversations.Count;
        await rig.Silo.ListenAsync();

        SiloConversation conversation = await rig.Silo.SnapshotAsync(before);
        Assert.Equal(["node-1", "node-2", "node-3"], conversation.Fleet.Nodes.Keys.Order());
        Assert.Equal("False", conversation.Fleet.Find("node-1")!.Status("Ready"));
        Assert.Empty(conversation.Fleet.Violations);
    }

    [Fact]
    public async Task What_was_never_acknowledged_is_in_the_next_snapshot()
    {
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.AcknowledgesAtOnce = false;
        silo.Answer = _ => ScriptedSilo.WelcomeOf(window: 1);
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo);
        SiloConversation conversation = await silo.SnapshotAsync();
        rig.Cluster.SetCondition("node-1", "Ready", "Unknown");
        await Eventually.HoldsAsync(() => rig.State.PendingNodes == 1, "the change waits");

        int before = silo.Conversations.Count;
        conversation.Abort();
        SiloConversation next = await rig.Silo.SnapshotAsync(before);
        Assert.Equal("Unknown", next.Fleet.Find("node-1")!.Status("Ready"));
    }

    [Fact]
    public async Task The_API_server_goes_and_comes_back()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        await rig.Server.StopListeningAsync();
        rig.Cluster.RemoveNode("node-0");
        rig.Cluster.SetCondition("node-1", "Ready", "False");
        await conversation.WantLabelAsync("node-2", available: true);
        await Eventually.HoldsAsync(() => conversation.ResultsOf("node-2").Any(), "the label's failure is reported");
        Assert.Equal(LabelResult.Types.Outcome.Retrying, conversation.ResultsOf("node-2").First().Outcome);

        await rig.Server.ResumeListeningAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            () => conversation.Fleet.Find("node-0") is null && conversation.Fleet.Find("node-1")!.Status("Ready") == "False",
            "what happened meanwhile is reported");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-2")!.VerifiedLabel == "True", "the label is there");
        Assert.Same(conversation, rig.Silo.Latest);
        Assert.Empty(conversation.Fleet.Violations);
    }

    [Fact]
    public async Task An_API_server_that_is_late_is_waited_for()
    {
        await using AgentRig rig = await AgentRig.StartAsync(faults: faults =>
        {
            faults.FailNext("get", 2, FaultResponse.ServiceUnavailable);
            faults.FailNext("list", 3, FaultResponse.InternalError);
        });
        Assert.Equal(3, (await rig.Silo.SnapshotAsync()).Fleet.Nodes.Count);
        Assert.NotNull(rig.State.LastClusterError);
    }

    [Fact]
    public async Task A_refused_agent_asks_again_until_it_is_accepted()
    {
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.Answer = _ =>
            ScriptedSilo.RefusalOf(Refusal.Types.Code.ClusterConflict, "The name belongs to another cluster.", retryAfterMs: 1);
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo);
        await Eventually.HoldsAsync(() => silo.Conversations.Count >= 2, "it asks again");
        Assert.Contains("The name belongs to another cluster.", rig.State.LastChannelError, StringComparison.Ordinal);
        Assert.All(silo.Conversations, conversation => Assert.Empty(conversation.Batches));

        silo.Answer = _ => ScriptedSilo.WelcomeOf();
        Assert.Equal(3, (await silo.SnapshotAsync()).Fleet.Nodes.Count);
    }

    [Fact]
    public async Task A_refused_agent_stays_away_for_as_long_as_it_is_told_to()
    {
        ManualTimeProvider time = new();
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.Answer = _ => ScriptedSilo.RefusalOf(Refusal.Types.Code.Superseded, "Another one took over.", retryAfterMs: 240_000);
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo, time: time);
        await Eventually.HoldsAsync(
            () => rig.State.LastChannelError?.Contains("Another one", StringComparison.Ordinal) == true, "it is refused");

        time.Advance(TimeSpan.FromSeconds(239));
        Assert.Equal(1, silo.Requests);
        silo.Answer = _ => ScriptedSilo.WelcomeOf();
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return silo.Requests > 1;
            },
            "it asks again");
    }

    [Fact]
    public async Task A_silo_that_acknowledges_nothing_any_more_is_left()
    {
        ManualTimeProvider time = new();
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.AcknowledgesAtOnce = false;
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo, time: time);
        SiloConversation conversation = await silo.SnapshotAsync();
        await conversation.AcknowledgeAllAsync();
        await Eventually.HoldsAsync(() => rig.State.UnackedBatches == 0, "the snapshot is acknowledged");
        rig.Cluster.SetCondition("node-0", "Ready", "False");
        await Eventually.HoldsAsync(() => conversation.Batches.Count == 2, "the change is reported");

        time.Advance(TimeSpan.FromSeconds(119));
        Assert.True(rig.State.IsConnected);
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return rig.State.LastChannelError?.Contains("has not acknowledged batch 2", StringComparison.Ordinal) == true;
            },
            "it leaves");
    }

    [Fact]
    public async Task A_renewed_token_is_taken_up()
    {
        using ScratchFolder folder = new();
        string path = folder.Of("token");
        await File.WriteAllTextAsync(path, "old\n", TestContext.Current.CancellationToken);
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.RequiredAuthorization = "Bearer new";
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo, options: options => options with { TokenFile = path });
        await Eventually.HoldsAsync(() => rig.State.LastChannelError?.Contains("401", StringComparison.Ordinal) == true, "it is refused");
        Assert.DoesNotContain("old", rig.State.LastChannelError!, StringComparison.Ordinal);

        await File.WriteAllTextAsync(path, "new\n", TestContext.Current.CancellationToken);
        Assert.Equal("Bearer new", (await silo.SnapshotAsync()).Authorization);
    }

    [Fact]
    public async Task A_superseded_agent_drops_the_labels_it_was_asked_for()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        rig.Server.Faults.FailPatchesOf("node-0", FaultResponse.ServiceUnavailable);
        await conversation.WantLabelAsync("node-0", available: true);
        await Eventually.HoldsAsync(() => conversation.Results.Count > 0, "the first try has failed");

        int before = rig.Silo.Conversations.Count;
        await conversation.SendAsync(ScriptedSilo.RefusalOf(Refusal.Types.Code.Superseded, "A newer connection took over."));
        SiloConversation next = await rig.Silo.SnapshotAsync(before);
        Assert.Equal(0, rig.State.LabelsWaiting);
        rig.Server.Faults.Clear();
        await next.WantLabelAsync("node-1", available: true);
        await Eventually.HoldsAsync(() => next.ResultsOf("node-1").Any(), "the new wish is met");
        Assert.Null(next.Fleet.Find("node-0")!.VerifiedLabel);
    }
}
