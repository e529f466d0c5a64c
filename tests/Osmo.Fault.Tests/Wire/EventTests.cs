using System.Text;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Fleet;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Behaviours 9 to 13 of a real API server: what events say, and what is none.</summary>
public sealed class EventTests
{
    private const string Nodes = "/api/v1/nodes";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_09_a_node_that_leaves_the_selector_is_gone_though_it_exists(bool streams)
    {
        await using WireFixture fixture = await WireFixture.ServeAsync();
        fixture.Cluster.SetLabel("node-0", "health", "ok");
        fixture.Cluster.SetLabel("node-1", "health", "ok");
        fixture.Start(WireFixture.Patient with { LabelSelector = "health=ok", UsesWatchList = streams });
        await AgreeAsync();
        Assert.Equal(2, fixture.Sink.Nodes.Count);
        await fixture.HoldsAsync(() => fixture.Server.Requests.OpenWatches == 1, "a watch is open");

        fixture.Cluster.SetLabel("node-0", "health", "bad");
        await AgreeAsync();
        Assert.DoesNotContain("node-0", fixture.Sink.Nodes.Keys);
        Assert.NotNull(fixture.Cluster.TryGet("node-0"));
        // The version that came with the old labels is the new one: nothing is seen twice after a break.
        Assert.Equal(fixture.Cluster.ResourceVersion.ToString(), fixture.State.LastResourceVersion);
        fixture.DropWatches();
        fixture.Cluster.SetLabel("node-0", "health", "ok");
        fixture.Cluster.SetLabel("node-2", "health", "ok");
        await AgreeAsync();
        Assert.Equal(3, fixture.Sink.Nodes.Count);
        Assert.Equal(1, fixture.State.Lists);

        Task AgreeAsync() => fixture.AgreesAsync(node => node.Labels.GetValueOrDefault("health") == "ok");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_10_a_node_deleted_and_created_again_is_another_one(bool isMissed)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync();
        if (isMissed)
        {
            await fixture.Server.StopListeningAsync();
        }

        fixture.Cluster.RemoveNode("node-1");
        fixture.AddNode("node-1", "another-uid");
        if (isMissed)
        {
            await fixture.Server.ResumeListeningAsync(WireFixture.Cancel);
        }

        await fixture.AgreesAsync();
        Assert.Equal("another-uid", fixture.Sink.Nodes["node-1"].Uid);
        Assert.Equal(
            ["delete node-1 uid-of-node-1", "upsert node-1"],
            fixture.Sink.Calls.Where(call => call.StartsWith("delete", StringComparison.Ordinal) || call == "upsert node-1"));
    }

    [Fact]
    public async Task Behaviour_10_a_node_with_a_finalizer_stays_until_it_is_gone_at_last()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(simulated: new KubeSimOptions());
        using HttpClient http = new() { BaseAddress = fixture.Server.BaseUri };
        await PatchAsync(fixture, "node-1", """{"metadata":{"finalizers":["example.com/f"]}}""");
        using HttpResponseMessage deleted = await http.DeleteAsync($"{Nodes}/node-1", WireFixture.Cancel);
        deleted.EnsureSuccessStatusCode();
        fixture.Cluster.Cordon("node-1");
        await fixture.AgreesAsync();
        Assert.True(fixture.Sink.Nodes["node-1"].Unschedulable);
        await PatchAsync(fixture, "node-1", """{"metadata":{"finalizers":null}}""");
        await fixture.AgreesAsync();
        Assert.DoesNotContain("node-1", fixture.Sink.Nodes.Keys);
    }

    [Fact]
    public async Task Behaviour_11_patches_that_change_nothing_keep_the_version_and_make_no_event()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync();
        PatchResult first = await fixture.LabelAsync("node-0", "a", "b");
        PatchResult same = await fixture.LabelAsync("node-0", "a", "b");
        PatchResult absent = await fixture.LabelAsync("node-0", "missing", null);
        PatchResult empty = await fixture.Patcher.PatchLabelsAsync("node-0", [], uid: null, WireFixture.Cancel);
        Assert.All([first, same, absent, empty], result =>
        {
            Assert.Equal(PatchOutcome.Applied, result.Outcome);
            Assert.Equal(first.Node!.ResourceVersion, result.Node!.ResourceVersion);
            Assert.Equal("b", result.Node.FindLabel("a"));
        });
        fixture.Cluster.Cordon("node-2");
        await fixture.AgreesAsync();
        Assert.Equal(2, fixture.State.EventsApplied + fixture.State.EventsUnchanged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behaviour_12_long_lines_and_gzipped_lists_arrive_whole(bool tls)
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(0, new KubeSimOptions { Tls = tls });
        FleetGenerator fleet = new(new FleetOptions { Nodes = 60 });
        fleet.Fill(fixture.Cluster);
        fixture.Start();
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.Server.Requests.OpenWatches == 1, "a watch is open");
        string name = fixture.Cluster.AddNode(fleet.GenerateOversized(1_000)).Name;
        fixture.Cluster.Cordon(name);
        fixture.Cluster.Cordon(fixture.Cluster.Nodes.First().Name);
        await fixture.AgreesAsync();
        Assert.Equal((1, 0), (fixture.State.Lists, fixture.State.BrokenLines));
    }

    [Theory]
    [InlineData(WatchFaultKind.CutLine, true)]
    [InlineData(WatchFaultKind.CutLine, false)]
    [InlineData(WatchFaultKind.CutLineThenEnd, true)]
    [InlineData(WatchFaultKind.GarbageLine, true)]
    public async Task Behaviour_12_a_line_that_is_not_whole_is_no_event(WatchFaultKind fault, bool tls)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(simulated: new KubeSimOptions { Tls = tls });
        fixture.Faults.InjectIntoWatches(new WatchFault(fault));
        fixture.Cluster.RemoveNode("node-0");
        fixture.Cluster.Cordon("node-1");
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.State.Watches > 1, "the watch is resumed");
        Assert.Equal(1, fixture.State.Lists);
    }

    [Fact]
    public async Task Behaviour_13_a_node_created_through_the_API_comes_with_its_not_ready_taint()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(simulated: new KubeSimOptions());
        using HttpClient http = new() { BaseAddress = fixture.Server.BaseUri };
        using StringContent node = new(
            """{"apiVersion":"v1","kind":"Node","metadata":{"name":"born"}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage created = await http.PostAsync(Nodes, node, WireFixture.Cancel);
        created.EnsureSuccessStatusCode();
        await fixture.AgreesAsync();
        Assert.Equal(new NodeTaint("node.kubernetes.io/not-ready", "", "NoSchedule"), Assert.Single(fixture.Sink.Nodes["born"].Taints));
    }

    private static async Task PatchAsync(WireFixture fixture, string node, string body)
    {
        using HttpResponseMessage response = await fixture.Client.Connection.SendAsync(
            HttpMethod.Patch,
            $"{Nodes}/{node}",
            "patch",
            (Encoding.UTF8.GetBytes(body), "application/merge-patch+json"),
            WireFixture.Cancel);
    }
}
