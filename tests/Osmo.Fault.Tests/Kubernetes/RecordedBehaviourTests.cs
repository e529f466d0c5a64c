using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>What a real API server was seen to do, numbered as in the record of it; the client's answer to each.</summary>
public sealed class RecordedBehaviourTests
{
    private static readonly JsonObject A = NodeJson.Small("a", 11);
    private static readonly JsonObject B = NodeJson.Small("b", 12);

    [Theory]
    [InlineData("watch-410-rv1.json")] // 1: inside a 200
    [InlineData("restart-watch-bookmarkRV.json")] // 2: the last bookmark's version, after a restart
    [InlineData("restart-watch-lastnode.json")]
    public async Task Expired_versions_lead_to_a_list(string recorded)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded(Recorded.Text(recorded).TrimEnd() + "\n");
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
    }

    [Theory]
    [InlineData("get-future.json", 504)] // 4
    [InlineData("list-badrv.json", 400)] // 5
    [InlineData("etcdstall-patch.json", 504)] // 18
    [InlineData("agent403.json", 403)] // 16, 19
    [InlineData("unauth401.json", 401)] // 16
    public async Task Failed_lists_are_told_and_tried_again(string recorded, int status)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(exchange => exchange.AnswerAsync(status, Recorded.Text(recorded)));
        fixture.Server.OnList(exchange => exchange.AnswerAsync(status, Recorded.Text(recorded)));
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen(NodeJson.Bookmark(41));
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        string said = JsonNode.Parse(Recorded.Text(recorded))!["message"]!.GetValue<string>();
        Assert.Contains(said[..12], fixture.State.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("a-token", fixture.State.LastError, StringComparison.Ordinal);
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures == 0, "the failures are overcome");
    }

    [Fact] // 6: a bookmark has no name and empty spec and status, and may come twice
    public async Task Recorded_bookmarks_only_move_the_version()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded(Recorded.Text("watch-bookmarks-periodic.jsonl")).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "the watch is resumed");
        string last = Recorded.Text("watch-bookmarks-periodic.jsonl").TrimEnd().Split('\n')[^1];
        Assert.Equal(
            JsonNode.Parse(last)!["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>(),
            fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Equal(["replace a", "synced"], fixture.Sink.Calls);
    }

    [Theory] // 7, 8: initial events and their end marker may come unasked
    [InlineData("watchlist-full.jsonl", "node-1", 3)]
    [InlineData("watch-rv0-bookmarks.jsonl", "node-1", 3)]
    [InlineData("watchlist-empty.jsonl", null, 0)]
    public async Task Initial_events_are_ordinary_events(string recorded, string? node, int count)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(1)).OnWatchHeldOpen(Recorded.Text(recorded));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.Bookmarks == 1, "the end marker has been seen");
        Assert.Equal(count, fixture.Sink.Nodes.Count);
        Assert.True(node is null || fixture.Sink.Nodes.ContainsKey(node));
    }

    [Fact] // 9: DELETED with the old labels and the new version, though the node exists
    public async Task A_node_that_leaves_the_selector_is_gone()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { LabelSelector = "a=b,c!=d" };
        fixture.Server.OnList(NodeJson.List(1)).OnWatchEnded(Recorded.Text("watch-selector.jsonl")).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "the watch is resumed");
        string[] lines = Recorded.Text("watch-selector.jsonl").TrimEnd().Split('\n');
        Assert.Equal(lines.Length, fixture.State.EventsApplied + fixture.State.EventsUnchanged + fixture.State.Bookmarks);
        Assert.Empty(fixture.Sink.Nodes);
        Assert.Equal("a=b,c!=d", fixture.Server.Watches[0].Query("labelSelector"));
        Assert.Equal("a=b,c!=d", fixture.Server.Lists[0].Query("labelSelector"));
    }

    [Fact] // 10: delete and recreate
    public async Task A_recreated_node_has_its_new_uid()
    {
        await using ReflectorFixture fixture = new();
        string[] lines = Recorded.Text("watch-resume-recreated.jsonl").TrimEnd().Split('\n');
        JsonObject before = JsonNode.Parse(lines[0])!["object"]!.AsObject();
        fixture.Server.OnList(NodeJson.List(250, before)).OnWatchHeldOpen(lines[0] + "\n", lines[1] + "\n");
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.EventsApplied == 2, "both events have been seen");
        Assert.Equal(
            JsonNode.Parse(lines[1])!["object"]!["metadata"]!["uid"]!.GetValue<string>(), fixture.Sink.Nodes["node-3"].Uid);
        Assert.Equal(5 - 1, fixture.Sink.Calls.Count);
    }

    [Fact] // 10: a finalizer gives MODIFIED before DELETED
    public async Task A_node_with_a_finalizer_goes_when_it_is_deleted_at_last()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(1)).OnWatchEnded(Recorded.Text("watch-finalizer.jsonl")).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "the watch is resumed");
        Assert.Empty(fixture.Sink.Nodes);
        Assert.Equal("305", fixture.Server.Watches[1].Query("resourceVersion"));
    }

    [Fact] // 12: chunks need not fall on line ends, and lines can be long
    public async Task Lines_are_put_together_from_any_chunks()
    {
        JsonObject big = NodeJson.Small("big", 30);
        big["metadata"]!["annotations"] = new JsonObject { ["x"] = new string('y', 1_500_000) };
        string lines = NodeJson.Event("ADDED", A) + NodeJson.Event("ADDED", big) + NodeJson.Event("ADDED", B);
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(1)).OnWatchHeldOpen([.. lines.Chunk(777).Select(chunk => new string(chunk))]);
        fixture.Start();
        await fixture.WorldIsAsync("a=True b=True big=True");
    }

    [Fact] // 12: a large list is gzipped
    public async Task A_gzipped_list_is_read()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(exchange => exchange.AnswerAsync(200, Recorded.Bytes("list-gzip.bin"), headers: "Content-Encoding: gzip"));
        fixture.Server.OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.IsSynced, "the list is read");
        Assert.NotEmpty(fixture.Sink.Nodes);
        Assert.Equal("gzip", fixture.Server.Lists[0].Headers["Accept-Encoding"]);
    }

    [Fact] // 14: the first page may be larger than asked for
    public async Task A_limit_that_is_ignored_does_no_harm()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(Recorded.Text("list-rv0-limit1.json")).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.IsSynced, "the list is read");
        Assert.Equal(["node-1", "node-2", "node-3"], fixture.Sink.Nodes.Keys.Order());
    }

    [Fact] // 16: 429 as plain text with Retry-After
    public async Task A_plain_text_429_is_waited_out()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(exchange =>
            exchange.AnswerAsync(429, Recorded.Text("too-many-429.json"), "text/plain; charset=utf-8", "Retry-After: 1"));
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.LastFailure == KubernetesFailure.Throttled, "the refusal is told");
        Assert.Contains("Too many requests", fixture.State.LastError, StringComparison.Ordinal);
        await fixture.WorldIsAsync("b=True");
    }

    [Fact] // 17: an abrupt end in mid-stream
    public async Task A_stream_that_breaks_off_is_resumed_from_the_last_whole_line()
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A));
        fixture.Server.OnWatch(async exchange =>
        {
            await exchange.StreamAsync(NodeJson.Event("ADDED", NodeJson.Small("b", 25)), NodeJson.Event("ADDED", B)[..40]);
            exchange.Abort();
        });
        fixture.Server.OnWatch(async exchange =>
        {
            await exchange.StreamAsync(NodeJson.Event("ADDED", NodeJson.Small("c", 26))[..40]);
            exchange.Close();
        });
        fixture.Server.OnWatchHeldOpen(NodeJson.Event("ADDED", NodeJson.Small("c", 26)));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.Sink.Nodes.ContainsKey("c"), "the lost event came");
        Assert.Single(fixture.Server.Lists);
        Assert.Equal("20", fixture.Server.Watches[0].Query("resourceVersion"));
        Assert.All(fixture.Server.Watches.Skip(2), watch => Assert.Contains(watch.Query("resourceVersion"), (string?[])["20", "25"]));
    }

    [Fact] // 17, 18: a watch that is open and silent
    public async Task A_silent_connection_is_noticed()
    {
        await using ReflectorFixture fixture = new();
        fixture.Options = fixture.Options with { WatchIdleMax = TimeSpan.FromMilliseconds(200) };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchHeldOpen(NodeJson.Bookmark(22)).OnWatchHeldOpen(NodeJson.Event("ADDED", B));
        fixture.Start();
        await fixture.WorldIsAsync("a=True b=True");
        Assert.Equal("22", fixture.Server.Watches[1].Query("resourceVersion"));
    }

    [Fact] // 18: a list that hangs
    public async Task A_list_that_hangs_is_given_up_and_tried_again()
    {
        await using ReflectorFixture fixture = new();
        fixture.ClientOptions = new KubernetesClientOptions
        {
            ResponseTimeout = TimeSpan.FromMilliseconds(300),
            BodyIdleTimeout = TimeSpan.FromMilliseconds(300),
        };
        fixture.Server.OnList(exchange => exchange.HoldAsync());
        fixture.Server.OnList(async exchange =>
        {
            await exchange.StreamAsync(NodeJson.List(20, A)[..60]);
            await exchange.HoldAsync();
        });
        fixture.Server.OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        Assert.Equal(KubernetesFailure.Timeout, fixture.State.LastFailure);
    }

    [Theory]
    [InlineData("this is not JSON\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\n")]
    [InlineData("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500,\"message\":\"odd\"}}\n")]
    [InlineData("{\"type\":\"ERROR\",\"object\":[]}\n")]
    public async Task A_bad_line_is_survived_and_the_watch_resumed(string line)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchHeldOpen(NodeJson.Bookmark(22), line);
        fixture.Server.OnWatchHeldOpen(NodeJson.Event("ADDED", B));
        fixture.Start();
        await fixture.WorldIsAsync("a=True b=True");
        Assert.Equal("22", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Equal(line.Contains("ERROR", StringComparison.Ordinal) ? 0 : 1, fixture.State.BrokenLines);
        Assert.Single(fixture.Server.Lists);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_off()
    {
        await using ReflectorFixture fixture = new();
        fixture.ClientOptions = new KubernetesClientOptions { NodeBytesMax = 100_000 };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchHeldOpen(new string('x', 300_000)).OnWatchHeldOpen(NodeJson.Event("ADDED", B));
        fixture.Start();
        await fixture.WorldIsAsync("a=True b=True");
        Assert.Equal(1, fixture.State.BrokenLines);
    }

    [Theory]
    [InlineData("<html>login</html>")]
    [InlineData("{\"kind\":\"NodeList\",\"items\":[")]
    [InlineData("{\"kind\":\"Status\",\"code\":200}")]
    public async Task A_list_that_is_none_is_told_and_tried_again(string body)
    {
        await using ReflectorFixture fixture = new();
        fixture.Server.OnList(body).OnList(NodeJson.List(40, B)).OnWatchHeldOpen();
        fixture.Start();
        await fixture.WorldIsAsync("b=True");
        Assert.Equal(KubernetesFailure.MalformedResponse, fixture.State.LastFailure);
    }
}
