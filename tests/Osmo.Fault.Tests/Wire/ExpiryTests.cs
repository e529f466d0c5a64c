using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Behaviours 1 to 5 of a real API server: versions that are too old, too new, or none.</summary>
public sealed class ExpiryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_01_a_410_inside_a_watch_leads_to_a_list_that_finds_what_was_missed(bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(options: WireFixture.Patient with { UsesWatchList = streams });
        fixture.Faults.FailAll("watch", FaultResponse.ServiceUnavailable);
        fixture.DropWatches();
        fixture.Cluster.RemoveNode("node-0");
        fixture.Cluster.Cordon("node-1");
        fixture.AddNode("node-9");
        fixture.Cluster.Compact();
        fixture.Faults.FailAll("watch", null);
        await fixture.AgreesAsync();
        Assert.Contains("delete node-0 uid-of-node-0", fixture.Sink.Calls);
        Assert.True(fixture.State.Expired > 0 || fixture.State.Lists > 1);
        fixture.Cluster.RemoveNode("node-9");
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_02_after_a_restart_every_version_is_expired_even_the_last_bookmarks(bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { Tls = true, BookmarkInterval = TimeSpan.FromMilliseconds(20) },
            options: WireFixture.Patient with { UsesWatchList = streams });
        ulong touched = fixture.Cluster.Touch();
        await fixture.HoldsAsync(() => fixture.State.LastResourceVersion == touched.ToString(), "a bookmark brought the newest version");
        await fixture.Server.StopListeningAsync();
        await fixture.Server.ResumeListeningAsync(WireFixture.Cancel);
        await fixture.HoldsAsync(() => fixture.State.Lists == 2, "it listed again");
        Assert.Equal(1, fixture.State.Expired);
        Assert.Equal(1, fixture.Deliveries);
        fixture.Cluster.Cordon("node-1");
        await fixture.AgreesAsync();
    }

    [Fact]
    public async Task Behaviour_03_a_410_on_a_page_starts_the_list_again_and_nothing_inconsistent_is_handed_over()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(5, limits: new KubernetesClientOptions { ListPageItems = 2 });
        int lists = 0;
        fixture.Server.Requests.Arrived += verb =>
        {
            if (verb == "list" && Interlocked.Increment(ref lists) == 2)
            {
                fixture.Cluster.RemoveNode("node-0");
                fixture.AddNode("node-9");
                fixture.Cluster.Compact();
            }
        };
        fixture.Start();
        await fixture.AgreesAsync();
        Assert.Equal("replace node-1,node-2,node-3,node-4,node-9", fixture.Sink.Calls[0]);
        Assert.True(fixture.Server.Requests.Of("list") > 3);
        Assert.Equal(1, fixture.State.Lists);
    }

    [Fact]
    public async Task Behaviour_03_a_list_whose_pages_always_expire_is_asked_for_in_one_piece()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(5, limits: new KubernetesClientOptions { ListPageItems = 2 });
        fixture.Server.Requests.Arrived += verb =>
        {
            if (verb == "list")
            {
                fixture.Cluster.Compact();
            }
        };
        fixture.Start();
        await fixture.AgreesAsync();
        Assert.Equal(1, fixture.State.Lists);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_04_a_watch_from_the_future_says_nothing_and_is_replaced_by_a_list(bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions(),
            options: WireFixture.Patient with
            {
                UsesWatchList = streams,
                WatchIdleMax = TimeSpan.FromMilliseconds(500),
                WatchFailuresMax = int.MaxValue,
            });
        for (int i = 0; i < 1_000; i++)
        {
            fixture.Cluster.Heartbeat("node-0");
        }

        await fixture.HoldsAsync(
            () => fixture.State.LastResourceVersion == fixture.Cluster.ResourceVersion.ToString(), "the client is up to date");
        SimulatedCluster restored = new();
        await fixture.ReplaceServerAsync(restored);
        fixture.AddNode("node-1", "another");
        Assert.True(ulong.Parse(fixture.State.LastResourceVersion) > restored.ResourceVersion);
        await fixture.AgreesAsync();
        fixture.Cluster.Cordon("node-1");
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_04_after_a_restore_of_etcd_nodes_are_followed_without_waiting_for_the_silence_of_a_watch(bool streams)
    {
        // With the patience that agents have: a watch may be silent for minutes.
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions(), options: new ReflectorOptions { UsesWatchList = streams });
        SimulatedCluster restored = new();
        for (int i = 0; i < 1_000; i++)
        {
            fixture.Cluster.Heartbeat("node-0");
        }

        await fixture.HoldsAsync(
            () => fixture.State.LastResourceVersion == fixture.Cluster.ResourceVersion.ToString(), "the client is up to date");
        await fixture.ReplaceServerAsync(restored);
        fixture.AddNode("node-1", "another");
        await fixture.AgreesAsync();
        Assert.True(ulong.Parse(fixture.State.LastResourceVersion) <= restored.ResourceVersion);
        fixture.Cluster.Cordon("node-1");
        await fixture.AgreesAsync();
    }

    [Fact]
    public async Task Behaviour_04_a_list_from_the_future_is_told_apart_with_its_pause()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(
            simulated: new KubeSimOptions { FutureVersionWait = TimeSpan.FromMilliseconds(20) });
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => fixture.Client.ListNodesAsync(
            new NodeListOptions { ExactResourceVersion = "999999" }, decoder: null, known: null, WireFixture.Cancel));
        Assert.Equal(KubernetesFailure.TooLargeResourceVersion, e.Failure);
        Assert.Equal(504, e.HttpStatus);
        Assert.Equal(TimeSpan.FromSeconds(1), e.RetryAfter);
    }

    [Fact]
    public async Task Behaviour_05_a_version_that_is_no_number_is_400_for_a_list_and_500_for_a_watch()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync();
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => fixture.Client.ListNodesAsync(
            new NodeListOptions { ExactResourceVersion = "abc" }, decoder: null, known: null, WireFixture.Cancel));
        Assert.Equal((KubernetesFailure.Invalid, 400), (e.Failure, e.HttpStatus));

        ReflectorStore store = new(fixture.Sink, TimeProvider.System, NullLogger.Instance);
        store.Apply(new NodeList([], "abc", []));
        NodeWatch watch = new(
            fixture.Client.Connection,
            new NodeDecoder(),
            store,
            WireFixture.Patient,
            TimeProvider.System,
            new Random(),
            NullLogger.Instance);
        WatchEnd end = await watch.RunAsync(WireFixture.Cancel);
        Assert.Equal(WatchEndReason.Failed, end.Reason);
        Assert.Equal((int)HttpStatusCode.InternalServerError, end.Failure!.HttpStatus);
        Assert.Equal("", end.Failure.Status!.Reason);
    }

    [Fact]
    public async Task Behaviour_05_when_every_watch_fails_so_lists_alone_keep_the_sink_in_agreement()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(options: WireFixture.Patient with { WatchFailuresMax = 2 });
        fixture.Faults.FailAll("watch", FaultResponse.InternalError);
        fixture.DropWatches();
        fixture.Cluster.Cordon("node-1");
        fixture.Cluster.RemoveNode("node-2");
        await fixture.AgreesAsync();
        Assert.True(fixture.State.Lists > 1);
    }
}
