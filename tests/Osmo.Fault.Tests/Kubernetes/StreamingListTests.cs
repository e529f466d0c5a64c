using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>Lists that come as the beginning of a watch, and everything that can go wrong with them.</summary>
public sealed class StreamingListTests
{
    private static readonly JsonObject A = NodeJson.Small("a", 11);
    private static readonly JsonObject B = NodeJson.Small("b", 12);
    private static readonly JsonObject C = NodeJson.Small("c", 13);

    private static readonly string End =
        """{"type":"BOOKMARK","object":{"kind":"Node","metadata":{"resourceVersion":"20","annotations":"""
        + """{"k8s.io/initial-events-end":"true"}}}}"""
        + "\n";

    [Fact]
    public async Task It_asks_for_the_most_recent_state_and_carries_on_from_the_end_marker()
    {
        await using ReflectorFixture fixture = Streaming();
        fixture.Server.OnWatchEnded(NodeJson.Event("ADDED", A), NodeJson.Event("ADDED", B), End, NodeJson.Event("DELETED", A));
        fixture.Server.OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "the watch is resumed");
        Assert.Equal(["replace a,b", "synced", "delete a uid-of-a"], fixture.Sink.Calls);
        ScriptedRequest first = fixture.Server.Watches[0];
        Assert.Equal("true", first.Query("sendInitialEvents"));
        Assert.Equal("NotOlderThan", first.Query("resourceVersionMatch"));
        Assert.Equal("true", first.Query("allowWatchBookmarks"));
        Assert.Null(first.Query("resourceVersion"));
        Assert.Null(fixture.Server.Watches[1].Query("sendInitialEvents"));
        Assert.Equal("11", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Empty(fixture.Server.Lists);
    }

    [Fact]
    public async Task Changes_among_the_initial_events_are_part_of_the_list()
    {
        await using ReflectorFixture fixture = Streaming();
        fixture.Server.OnWatchHeldOpen(
            NodeJson.Event("ADDED", A),
            NodeJson.Event("ADDED", B),
            NodeJson.Event("DELETED", A),
            NodeJson.Bookmark(15),
            NodeJson.Event("MODIFIED", NodeJson.Small("b", 16, ready: "False")),
            End);
        fixture.Start();
        await fixture.WorldIsAsync("b=False");
        await fixture.HoldsAsync(() => fixture.State.IsSynced, "the list is complete");
        Assert.Equal(["replace b", "synced"], fixture.Sink.Calls);
        Assert.Equal("20", fixture.State.LastResourceVersion);
    }

    [Theory]
    [InlineData("")] // ends in good order, but too early
    [InlineData("{\"type\":\"ADDED\",\"obj")]
    [InlineData("garbage\n")]
    [InlineData("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n")]
    public async Task Initial_events_that_are_cut_short_are_no_list(string end)
    {
        await using ReflectorFixture fixture = Streaming();
        fixture.Server.OnWatchEnded(NodeJson.Event("ADDED", A), NodeJson.Event("ADDED", B), end).OnWatchHeldOpen();
        fixture.Server.OnList(NodeJson.ListPage(20, "", B, C));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.IsSynced, "a list was made");
        Assert.Equal(["replace b,c", "synced"], fixture.Sink.Calls);
        Assert.Equal(0, fixture.State.StreamedLists);
        Assert.NotNull(fixture.State.LastError);
    }

    [Theory]
    [InlineData("nowl-full.json", 422)]
    [InlineData("list-badrv.json", 400)]
    public async Task A_server_that_cannot_is_asked_for_a_list_at_once(string recorded, int status)
    {
        await using ReflectorFixture fixture = Streaming();
        fixture.Server.OnWatch(exchange => exchange.AnswerAsync(status, Recorded.Text(recorded))).OnWatchHeldOpen();
        fixture.Server.OnList(NodeJson.List(20, A));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches");
        Assert.Equal("20", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Null(fixture.Server.Watches[1].Query("sendInitialEvents"));
        Assert.Null(fixture.State.LastError);
    }

    [Fact]
    public async Task Silence_before_the_end_marker_leads_to_a_plain_list()
    {
        await using ReflectorFixture fixture = Streaming();
        fixture.Options = fixture.Options with { WatchIdleMax = TimeSpan.FromMilliseconds(200) };
        fixture.Server.OnWatchHeldOpen(NodeJson.Event("ADDED", A)).OnWatchHeldOpen(NodeJson.Event("ADDED", C));
        fixture.Server.OnList(NodeJson.List(20, B));
        fixture.Start();
        await fixture.WorldIsAsync("b=True c=True");
        Assert.Equal("replace b", fixture.Sink.Calls[0]);
    }

    [Fact]
    public async Task Initial_events_that_trickle_until_the_watch_is_over_lead_to_a_plain_list()
    {
        // The watch may last 5.5 to 10.5 minutes: an event just before its first idle limit keeps it from going idle before that is over.
        ManualTimeProvider time = new();
        TaskCompletionSource trickle = new();
        await using ReflectorFixture fixture = new() { Time = time };
        fixture.Options = fixture.Options with { UsesWatchList = true, WatchIdleMax = TimeSpan.FromSeconds(329) };
        fixture.Server.OnWatch(async exchange =>
        {
            await exchange.StreamAsync();
            await trickle.Task;
            await exchange.StreamAsync(NodeJson.Event("ADDED", A));
            await exchange.HoldAsync();
        }).OnWatchHeldOpen();
        fixture.Server.OnList(NodeJson.List(20, B));
        fixture.Start();
        await fixture.HoldsAsync(() => time.NextDueIn == TimeSpan.FromSeconds(329), "it reads");
        time.Advance(TimeSpan.FromSeconds(328));
        trickle.SetResult();
        await fixture.HoldsAsync(() => time.NextDueIn > TimeSpan.FromSeconds(1), "it has read an event");
        time.Advance(TimeSpan.FromSeconds(302));
        await fixture.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return fixture.State.IsSynced;
            },
            "a list was made");
        Assert.Equal(["replace b", "synced"], fixture.Sink.Calls);
        Assert.Equal(KubernetesFailure.Timeout, fixture.State.LastFailure);
        Assert.Contains("initial events", fixture.State.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_streaming_list_hands_over_the_difference_and_a_node_that_cannot_be_read_is_not_deleted()
    {
        await using ReflectorFixture fixture = Streaming();
        JsonObject broken = NodeJson.Small("b", 14);
        broken["metadata"]!["labels"]!["number"] = 1;
        fixture.Server.OnWatchEnded(
            NodeJson.Event("ADDED", A), NodeJson.Event("ADDED", B), End, Recorded.Text("watch-error-410.jsonl"));
        fixture.Server.OnWatchHeldOpen(NodeJson.Event("ADDED", broken), NodeJson.Event("ADDED", C), End);
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.StreamedLists == 2, "it listed again");
        Assert.Equal(["replace a,b", "synced", "upsert b", "upsert c", "delete a uid-of-a", "synced"], fixture.Sink.Calls);
        Assert.Equal(1, fixture.State.MalformedNodes);
        Assert.Empty(fixture.Server.Lists);
    }

    private static ReflectorFixture Streaming()
    {
        ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { UsesWatchList = true };
        return fixture;
    }
}
