using Osmo.KubeSim.Fleet;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Integration.Tests.Agent;

/// <summary>What an agent tells the silo of its nodes.</summary>
public sealed class ReportingTests
{
    [Fact]
    public async Task The_agent_introduces_itself()
    {
        await using AgentRig rig = await AgentRig.StartAsync(
            options: options => options with { Token = "secret", EnableNodeLabelUpdate = true });
        SiloConversation conversation = await rig.Silo.SnapshotAsync();

        Assert.Equal("east", conversation.Backend);
        Assert.Equal("Bearer secret", conversation.Authorization);
        Assert.Equal("east", conversation.Hello!.Backend);
        Assert.Equal(rig.Cluster.KubeSystemUid, conversation.Hello.ClusterUid);
        Assert.Equal("workflows", conversation.Hello.WorkflowNamespace);
        Assert.Equal("osmo.nvidia.com/", conversation.Hello.NodeConditionPrefix);
        Assert.True(conversation.Hello.LabelUpdates);
    }

    [Fact]
    public async Task A_snapshot_holds_every_node_with_its_facts()
    {
        await using AgentRig rig = await AgentRig.StartAsync(nodes: 0);
        SiloConversation empty = await rig.Silo.SnapshotAsync();
        NodeBatch only = Assert.Single(empty.Batches);
        Assert.True(only is { SnapshotBegin: true, SnapshotEnd: true, Upserts.Count: 0, Deletions.Count: 0 });

        new FleetGenerator(new FleetOptions { Nodes = 1500 }).Fill(rig.Cluster);
        await Eventually.HoldsAsync(() => empty.Fleet.Nodes.Count == 1500, "all nodes are reported");
        empty.Abort();
        SiloConversation full = await rig.Silo.SnapshotAsync(1);

        Assert.Equal(1500, full.Fleet.Nodes.Count);
        Assert.True(full.Batches.Count(batch => batch.Upserts.Count > 0) >= 3);
        Assert.Equal(
            rig.Cluster.Nodes.Select(node => (node.Name, node.Uid)).Order(),
            full.Fleet.Nodes.Values.Select(node => (node.Name, node.Uid)).Order());
        Assert.All(full.Fleet.Nodes.Values, node => Assert.Equal(node.Name, node.Labels["kubernetes.io/hostname"]));
        Assert.All(full.Fleet.Nodes.Values, node => Assert.Equal("True", node.Status("Ready")));
        Assert.All(full.Fleet.Nodes.Values, node => Assert.NotEmpty(node.Capacity));
        Assert.Empty(full.Fleet.Violations);
    }

    [Fact]
    public async Task Changes_and_deletions_follow_the_snapshot()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        string oldUid = conversation.Fleet.Find("node-2")!.Uid;

        rig.Cluster.SetCondition("node-0", "Ready", "False");
        rig.Cluster.Cordon("node-1");
        rig.Cluster.RemoveNode("node-2");
        rig.Cluster.AddNode(NodeJson.Small("node-2", 0, uid: "another"));
        rig.Cluster.AddNode(NodeJson.Small("node-3", 0));
        rig.Cluster.RemoveNode("node-3");
        rig.Cluster.AddNode(NodeJson.Small("last", 0));

        ReportedFleet fleet = conversation.Fleet;
        await Eventually.HoldsAsync(() => fleet.Find("last") is not null && fleet.Find("node-3") is null, "all changes are reported");
        Assert.Equal("False", fleet.Find("node-0")!.Status("Ready"));
        Assert.True(fleet.Find("node-1")!.Unschedulable);
        Assert.NotEmpty(fleet.Find("node-1")!.Taints);
        Assert.NotEqual(oldUid, fleet.Find("node-2")!.Uid);
        Assert.Empty(fleet.Violations);
    }

    [Fact]
    public async Task Facts_are_sent_only_when_they_changed()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();

        rig.Cluster.SetCondition("node-0", "Ready", "False");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.Status("Ready") == "False", "the condition is reported");
        rig.Cluster.SetLabel("node-0", AgentRig.Label, "False");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.VerifiedLabel == "False", "the verified label is reported");
        rig.Cluster.SetLabel("node-0", "rack", "r7");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-0")!.Labels.ContainsKey("rack"), "the label is reported");

        NodeState[] reports = [.. conversation.Batches.Skip(1).SelectMany(batch => batch.Upserts)];
        Assert.Equal([false, false, true], reports.Select(report => report.Facts is not null));
        Assert.DoesNotContain(AgentRig.Label, conversation.Fleet.Find("node-0")!.Labels.Keys);
    }

    [Fact]
    public async Task Heartbeats_of_kubelets_go_no_further()
    {
        await using AgentRig rig = await AgentRig.StartAsync();
        SiloConversation conversation = await rig.Silo.SnapshotAsync();
        await Eventually.HoldsAsync(() => rig.Server.Requests.OpenWatches == 1, "the watch is open");

        for (int i = 0; i < 50; i++)
        {
            rig.Cluster.Heartbeat("node-0");
        }

        rig.Cluster.SetCondition("node-1", "Ready", "False");
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-1")!.Status("Ready") == "False", "the change is reported");
        Assert.Equal("node-1", Assert.Single(conversation.Batches.Skip(1).SelectMany(batch => batch.Upserts)).Name);
        await Eventually.HoldsAsync(() => rig.State.EventsUnchanged >= 50, "the heartbeats are counted");
    }

    [Fact]
    public async Task The_window_is_respected_and_changes_coalesce()
    {
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.Answer = _ => ScriptedSilo.WelcomeOf(window: 2);
        silo.AcknowledgesAtOnce = false;
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo);
        SiloConversation conversation = await silo.SnapshotAsync();
        rig.Cluster.SetCondition("node-0", "Ready", "Unknown");
        await Eventually.HoldsAsync(() => conversation.Batches.Count == 2, "the window is full");

        for (int i = 0; i < 100; i++)
        {
            rig.Cluster.SetCondition("node-0", "Ready", i % 2 == 0 ? "True" : "False");
        }

        rig.Cluster.SetCondition("node-1", "Ready", "Unknown");
        await Eventually.HoldsAsync(() => rig.State is { PendingNodes: 2, EventsReceived: >= 102 }, "both wait", () => rig.State);
        Assert.Equal(2, rig.State.UnackedBatches);
        await conversation.AcknowledgeAsync(1);
        await Eventually.HoldsAsync(() => conversation.Fleet.Find("node-1")!.Status("Ready") == "Unknown", "what waited is sent");

        Assert.Equal(3, conversation.Batches.Count);
        Assert.Equal(2, conversation.Batches[2].Upserts.Count);
        Assert.Equal("False", conversation.Fleet.Find("node-0")!.Status("Ready"));
        Assert.Equal(2, conversation.UnacknowledgedMost);
        Assert.Empty(conversation.Fleet.Violations);
    }

    [Fact]
    public async Task A_silent_agent_sends_heartbeats()
    {
        await using ScriptedSilo silo = await ScriptedSilo.StartAsync();
        silo.Answer = _ => ScriptedSilo.WelcomeOf(heartbeatMs: 20);
        await using AgentRig rig = await AgentRig.StartAsync(silo: silo);
        SiloConversation conversation = await silo.SnapshotAsync();
        await Eventually.HoldsAsync(() => conversation.Heartbeats >= 3, "three heartbeats");
        Assert.Single(conversation.Batches);
    }

    [Fact]
    public async Task Agents_of_several_backends_share_a_process()
    {
        await using AgentRig east = await AgentRig.StartAsync(nodes: 1);
        await using AgentRig west = await AgentRig.StartAsync(nodes: 2, options: options => options with { Backend = "west" });
        Assert.Single((await east.Silo.SnapshotAsync()).Fleet.Nodes);
        Assert.Equal(2, (await west.Silo.SnapshotAsync()).Fleet.Nodes.Count);
        Assert.Equal("west", west.Silo.Latest.Hello!.Backend);
    }
}
