using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Behaviours 6 to 8 of a real API server: bookmarks and streaming lists.</summary>
public sealed class BookmarkTests
{
    private static readonly KubeSimOptions FrequentBookmarks = new() { Tls = true, BookmarkInterval = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task Behaviour_06_a_bookmark_moves_the_version_and_nothing_else()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(simulated: FrequentBookmarks);
        // Everything older than this is gone for new watches: only what a bookmark brought can be resumed from.
        fixture.Cluster.Compact();
        string compacted = fixture.Cluster.ResourceVersion.ToString();
        await fixture.HoldsAsync(() => fixture.State.LastResourceVersion == compacted, "a bookmark brought the newest version");
        long watches = fixture.State.Watches;
        fixture.DropWatches();
        await fixture.HoldsAsync(() => fixture.State.Watches > watches, "the watch is resumed");
        fixture.Cluster.Cordon("node-2");
        await fixture.AgreesAsync();
        Assert.Equal((1, 0), (fixture.State.Lists, fixture.State.Expired));
        Assert.Equal(["replace node-0,node-1,node-2", "synced", "upsert node-2"], fixture.Sink.Calls);
    }

    [Fact]
    public async Task Behaviour_06_the_two_bookmarks_before_the_end_and_the_end_itself_are_no_failures()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { Tls = true, BookmarkBeforeEnd = TimeSpan.FromMilliseconds(200) },
            options: WireFixture.Patient with { WatchTimeoutMin = TimeSpan.FromSeconds(1) });
        await fixture.HoldsAsync(() => fixture.State is { Watches: >= 3, Bookmarks: >= 2 }, "watches ended and were begun again");
        fixture.Cluster.Cordon("node-0");
        await fixture.AgreesAsync();
        Assert.Equal(1, fixture.State.Lists);
        Assert.Null(fixture.State.LastError);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public async Task Behaviour_07_a_streaming_list_is_complete_at_its_end_marker_and_goes_on_as_a_watch(int nodes)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            nodes, options: WireFixture.Patient with { UsesWatchList = true });
        Assert.Equal((1, 1, 0), (fixture.State.StreamedLists, fixture.State.Watches, fixture.Server.Requests.Of("list")));
        Assert.Equal(nodes, fixture.Sink.Nodes.Count);
        Assert.StartsWith("replace ", fixture.Sink.Calls[0], StringComparison.Ordinal);
        Assert.Equal("synced", fixture.Sink.Calls[1]);
        fixture.AddNode("node-9");
        await fixture.AgreesAsync();
        Assert.Equal(1, fixture.State.Watches);
    }

    [Fact]
    public async Task Behaviour_08_where_WatchList_is_off_the_422_leads_to_a_plain_list()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { Tls = true, WatchListEnabled = false },
            options: WireFixture.Patient with { UsesWatchList = true });
        Assert.Equal((0, 1), (fixture.State.StreamedLists, fixture.State.Lists));
        Assert.Null(fixture.State.LastError);
        fixture.Cluster.RemoveNode("node-1");
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    public async Task Behaviour_08_initial_events_and_end_marker_may_come_unasked(string version, bool watchList)
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(
            simulated: new KubeSimOptions { Tls = true, WatchListEnabled = watchList });
        ReflectorStore store = new(fixture.Sink, TimeProvider.System, NullLogger.Instance);
        store.Apply(new NodeList([], version, []));
        NodeWatch watch = new(
            fixture.Client.Connection,
            new NodeDecoder(),
            store,
            WireFixture.Patient with { WatchTimeoutMin = TimeSpan.FromSeconds(1) },
            TimeProvider.System,
            new Random(),
            NullLogger.Instance);
        WatchEnd end = await watch.RunAsync(WireFixture.Cancel);
        Assert.Equal(WatchEndReason.InGoodOrder, end.Reason);
        Assert.Equal(["node-0", "node-1", "node-2"], fixture.Sink.Nodes.Keys.Order());
        Assert.Equal(watchList ? 1 : 0, store.State.Bookmarks);
        Assert.Equal(fixture.Cluster.ResourceVersion.ToString(), store.ResourceVersion);
    }
}
