using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>The semantics that client-go's reflector has, one by one.</summary>
public sealed class ReflectorSemanticsTests
{
    private static readonly JsonObject A = NodeJson.Small("a", 11);
    private static readonly JsonObject B = NodeJson.Small("b", 12);
    private static readonly JsonObject C = NodeJson.Small("c", 13);

    [Fact]
    public async Task A_list_is_paged_delivered_whole_and_watched_from_its_version()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.ListPage(20, "next/1==", A, B)).OnList(NodeJson.ListPage(20, "", C)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 1, "a watch has begun");
        Assert.Equal(["replace a,b,c", "synced"], fixture.Sink.Calls);
        Assert.Equal("2", fixture.Server.Lists[0].Query("limit"));
        Assert.Equal("next/1==", fixture.Server.Lists[1].Query("continue"));
        Assert.Null(fixture.Server.Lists[1].Query("resourceVersion"));
        ScriptedRequest watch = fixture.Server.Watches[0];
        Assert.Equal("20", watch.Query("resourceVersion"));
        Assert.Equal("true", watch.Query("allowWatchBookmarks"));
        Assert.Equal("Bearer a-token", watch.Headers["Authorization"]);
        Assert.StartsWith("osmo/", watch.Headers["User-Agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_move_the_world_and_bookmarks_only_the_version()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A, B));
        fixture.Server.OnWatchEnded(
            NodeJson.Event("ADDED", C), NodeJson.Event("MODIFIED", NodeJson.Small("b", 21, ready: "False")),
            NodeJson.Event("DELETED", NodeJson.Small("a", 22)), NodeJson.Bookmark(30));
        fixture.Server.OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "the watch is resumed");
        Assert.Equal("30", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Equal("b=False c=True", fixture.Sink.World);
        Assert.Single(fixture.Server.Lists);
        Assert.Equal(1, fixture.State.Bookmarks);
    }

    [Fact]
    public async Task Watch_timeouts_are_random_between_five_and_ten_minutes()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded(NodeJson.Bookmark(21));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count >= 20, "there were twenty watches");
        int[] seconds = [.. fixture.Server.Watches.Select(watch => int.Parse(watch.Query("timeoutSeconds")!))];
        Assert.All(seconds, second => Assert.InRange(second, 300, 600));
        Assert.True(seconds.Distinct().Count() > 3);
    }

    [Fact]
    public async Task An_expired_version_is_listed_again_and_missed_deletions_are_found()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A, B)).OnWatchEnded(Recorded.Text("watch-error-410.jsonl"));
        fixture.Server.OnList(NodeJson.List(40, NodeJson.Small("b", 31, ready: "Unknown"), C)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=Unknown c=True");
        Assert.Equal(["replace a,b", "synced", "upsert b", "upsert c", "delete a uid-of-a", "synced"], fixture.Sink.Calls);
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal("40", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Equal(1, fixture.State.Expired);
    }

    [Fact]
    public async Task A_list_that_finds_nothing_new_tells_the_sink_nothing()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A, B)).OnWatchEnded(Recorded.Text("watch-error-410.jsonl"));
        fixture.Server.OnList(NodeJson.List(40, NodeJson.Small("a", 35), NodeJson.Small("b", 36))).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal(["replace a,b", "synced", "synced"], fixture.Sink.Calls);
    }

    [Fact]
    public async Task A_410_as_http_status_is_an_expired_version_too()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A));
        fixture.Server.OnWatch(exchange => exchange.AnswerAsync(410, Recorded.Text("list-continue-expired-410.json")));
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
    }

    [Fact]
    public async Task A_version_from_the_future_is_replaced_by_a_consistent_list()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(999999, A)).OnWatchEnded(Recorded.Text("watchlist-error-504-future-rv.jsonl"));
        fixture.Server.OnList(NodeJson.List(253, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        Assert.Null(fixture.Server.Lists[1].Query("resourceVersion"));
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal("253", fixture.Server.Watches[1].Query("resourceVersion"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_watch_was_broken_off_a_server_that_went_back_in_versions_is_listed_again(bool inGoodOrder)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(999999, A));
        _ = inGoodOrder
            ? fixture.Server.OnWatchEnded(NodeJson.Bookmark(1000000))
            : fixture.Server.OnWatch(exchange => exchange.AnswerAsync(503, "", "text/plain"));
        fixture.Server.OnVersion(exchange => exchange.AnswerAsync(200, NodeJson.List(40, B)));
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal("40", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Null(fixture.Server.Versions[0].Query("resourceVersion"));
    }

    [Fact]
    public async Task A_server_that_did_not_go_back_is_watched_on_from_the_last_version()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatch(exchange => exchange.AnswerAsync(503, "", "text/plain"));
        fixture.Server.OnVersion(exchange => exchange.AnswerAsync(200, NodeJson.List(20, A))).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal("20", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Equal((1, 1), (fixture.Server.Lists.Count, fixture.Server.Versions.Count));
    }

    [Fact]
    public async Task A_server_that_does_not_tell_its_version_is_listed_in_the_end()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { WatchFailuresMax = 4 };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatch(exchange => exchange.AnswerAsync(503, "", "text/plain")).OnWatchHeldOpen();
        fixture.Server.OnVersion(exchange => exchange.AnswerAsync(503, "", "text/plain")).OnList(NodeJson.List(40, B));
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        Assert.Equal(3, fixture.Server.Versions.Count);
    }

    [Fact]
    public async Task A_watch_without_a_sign_of_life_is_not_trusted_with_its_version()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { SilentWatchSuspect = TimeSpan.Zero };
        fixture.Server.OnList(NodeJson.List(999999, A)).OnWatchEnded("");
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
    }

    [Fact]
    public async Task An_internal_error_is_retried_from_the_same_version_for_a_while_then_listed()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { WatchFailuresMax = 4 };
        fixture.Server.OnList(NodeJson.List(20, A)).OnList(NodeJson.List(40, B));
        for (int i = 0; i < 4; i++)
        {
            fixture.Server.OnWatch(exchange => exchange.AnswerAsync(500, Recorded.Text("watch-badrv.json")));
        }

        fixture.Server.OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        Assert.Equal(["20", "20", "20", "20"], fixture.Server.Watches.Take(4).Select(watch => watch.Query("resourceVersion")));
    }

    [Fact]
    public async Task Very_short_watches_count_as_failures()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { WatchTooShort = TimeSpan.FromMinutes(1) };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded("");
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures >= 3, "failures are counted");
        Assert.Contains("a watch ended after", fixture.State.LastError, StringComparison.Ordinal);
        Assert.Equal("a=True", fixture.Sink.World);
    }

    [Fact]
    public async Task A_consistency_check_finds_and_heals_what_differs()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { ChecksConsistency = true };
        fixture.Server.OnList(NodeJson.List(20, A, B)).OnWatchEnded(NodeJson.Bookmark(25));
        fixture.Server.OnList(NodeJson.List(25, A, B)).OnWatchEnded(NodeJson.Bookmark(26));
        fixture.Server.OnList(NodeJson.List(26, A, C)).OnList(NodeJson.List(27, A, C)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("a=True c=True");
        Assert.Equal("25", fixture.Server.Lists[1].Query("resourceVersion"));
        Assert.Equal("Exact", fixture.Server.Lists[1].Query("resourceVersionMatch"));
        Assert.True(fixture.State.Inconsistencies > 0);
    }

    [Fact]
    public async Task An_expired_page_token_restarts_the_list()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.ListPage(20, "t1", A, B))
            .OnList(exchange => exchange.AnswerAsync(410, Recorded.Text("list-continue-expired-410.json")))
            .OnList(NodeJson.ListPage(30, "t2", B)).OnList(NodeJson.ListPage(30, "", C)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True c=True");
        Assert.Equal([null, "t1", null, "t2"], fixture.Server.Lists.Select(list => list.Query("continue")));
    }

    [Fact]
    public async Task A_list_whose_tokens_keep_expiring_is_asked_for_at_once()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(exchange => exchange.Request.Query("limit") is null
            ? exchange.AnswerAsync(200, NodeJson.List(30, A, B, C))
            : exchange.Request.Query("continue") is null
                ? exchange.AnswerAsync(200, NodeJson.ListPage(20, "t", A))
                : exchange.AnswerAsync(410, Recorded.Text("list-continue-expired-410.json")));
        fixture.Server.OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("a=True b=True c=True");
    }

    [Fact]
    public async Task Heartbeats_go_no_further()
    {
        await using ReflectorFixture fixture = new();
        JsonObject node = NodeJson.Realistic(1, 10);
        fixture.Server.OnList(NodeJson.List(20, node));
        fixture.Server.OnWatchHeldOpen([.. Enumerable.Range(21, 50)
            .Select(version => NodeJson.Event("MODIFIED", NodeJson.Realistic(1, version, $"2026-11-21T19:00:{version % 60:D2}Z")))]);
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.EventsUnchanged == 50, "all heartbeats have been seen");
        Assert.Equal(2, fixture.Sink.Calls.Count);
        Assert.Equal("70", fixture.State.LastResourceVersion);
    }

    [Fact]
    public async Task A_node_created_again_while_nobody_looked_is_deleted_first()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded(Recorded.Text("watch-error-410.jsonl"));
        fixture.Server.OnList(NodeJson.List(40, NodeJson.Small("a", 39, uid: "second"))).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.Lists == 2, "there was a second list");
        Assert.Equal(["replace a", "synced", "delete a uid-of-a", "upsert a", "synced"], fixture.Sink.Calls);
    }

    [Fact]
    public async Task A_malformed_node_does_not_keep_a_good_state_and_disturbs_no_other()
    {
        JsonObject bad = NodeJson.Small("b", 31);
        bad["metadata"]!["labels"]!["x"] = 7;
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A, B));
        fixture.Server.OnWatchEnded(NodeJson.Event("MODIFIED", bad), NodeJson.Event("ADDED", C), Recorded.Text("watch-error-410.jsonl"));
        fixture.Server.OnList(NodeJson.List(40, A, bad, C)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.Lists == 2, "there was a second list");
        Assert.Equal("a=True b=True c=True", fixture.Sink.World);
        Assert.Equal(["Ready", MalformedNode.Condition], fixture.Sink.Nodes["b"].Conditions.Select(condition => condition.Type));
        Assert.Equal(2, fixture.State.MalformedNodes);
        Assert.DoesNotContain(fixture.Sink.Calls, call => call.StartsWith("delete", StringComparison.Ordinal));
    }
}
