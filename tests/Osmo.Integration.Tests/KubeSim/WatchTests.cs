using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

public sealed class WatchTests
{
    private const string Nodes = "/api/v1/nodes";
    private const string WatchList = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    private const string PartialMetadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

    [Theory]
    [InlineData("watchlist-full.jsonl", WatchList + "&allowWatchBookmarks=true&timeoutSeconds=1")]
    [InlineData("wl-rv1.json", WatchList + "&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=1")]
    [InlineData("wl-limit.json", WatchList + "&limit=1&allowWatchBookmarks=true&timeoutSeconds=1")]
    [InlineData("wl-nobm.json", WatchList + "&timeoutSeconds=1")]
    [InlineData("watch-rv0-bm-t2.json", "resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=1")]
    [InlineData("watch-norv-t2-nobm.json", "timeoutSeconds=1")]
    [InlineData("watchlist-empty.jsonl", WatchList + "&labelSelector=no=where&allowWatchBookmarks=true&timeoutSeconds=1")]
    [InlineData("wl-false.json", "sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=1")]
    [InlineData("watch-future.json", "resourceVersion=999999&allowWatchBookmarks=true&timeoutSeconds=1")]
    public async Task Initial_events_are_as_recorded(string sample, string query)
    {
        await using var cluster = await RecordedCluster.StartAsync();
        AssertSameEvents(RecordedSample.Load(sample).Lines, await cluster.WatchAsync(query));
    }

    [Fact]
    public async Task Without_WatchList_no_bookmark_ends_the_initial_events()
    {
        await using var cluster = await RecordedCluster.StartAsync(o => o with { WatchListEnabled = false });
        AssertSameEvents(RecordedSample.Load("nowl-rv0.json").Lines,
            await cluster.WatchAsync("resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=1"));
    }

    [Fact]
    public async Task Bookmarks_have_the_recorded_form()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        const string Query = "resourceVersion=0&labelSelector=no=where&allowWatchBookmarks=true&timeoutSeconds=1";
        SampleComparison.AssertSame(RecordedSample.Load("wl-empty.json").Json, Assert.Single(await cluster.WatchAsync(Query)));
        SampleComparison.AssertSame(
            RecordedSample.Load("watch-partial-bookmark.jsonl").Lines[^1], Assert.Single(await cluster.WatchAsync(Query, PartialMetadata)));
    }

    [Fact]
    public async Task Bookmarks_come_periodically_and_before_the_end()
    {
        await using var cluster = await RecordedCluster.StartAsync(o => o with
        {
            BookmarkInterval = TimeSpan.FromMilliseconds(200),
            BookmarkBeforeEnd = TimeSpan.FromMilliseconds(100),
        });
        var version = cluster.Cluster.ResourceVersion;
        var events = await cluster.WatchAsync($"resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=1");
        Assert.True(events.Count > 1);
        Assert.All(events, e =>
        {
            SampleComparison.AssertSame(RecordedSample.Load("watch-bookmarks-periodic.jsonl").Lines[0], e);
            Assert.Equal(version.ToString(), (string?)e["object"]!["metadata"]!["resourceVersion"]);
        });
    }

    [Fact]
    public async Task A_node_that_leaves_the_selector_is_DELETED_with_old_labels_and_new_version()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var start = cluster.Cluster.ResourceVersion;
        cluster.Cluster.SetLabel("node-1", "example.com/health", "ok");
        cluster.Cluster.SetLabel("node-2", "example.com/health", "ok");
        cluster.Cluster.SetLabel("node-1", "example.com/health", "bad");
        cluster.Cluster.RemoveNode("node-2");
        var events = await cluster.WatchAsync($"resourceVersion={start}&labelSelector=example.com/health%3Dok&timeoutSeconds=1");
        var recorded = RecordedSample.Load("watch-selector.jsonl").Lines;
        Assert.Equal(recorded.Select(Summary), events.Select(Summary));
        Assert.All(events, e => Assert.Equal("ok", (string?)e["object"]!["metadata"]!["labels"]!["example.com/health"]));
        Assert.Equal([start + 1, start + 2, start + 3, start + 4],
            events.Select(e => ulong.Parse((string)e["object"]!["metadata"]!["resourceVersion"]!)));
    }

    [Fact]
    public async Task Delete_and_recreate_is_DELETED_then_ADDED_with_another_uid_and_taint()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var start = cluster.Cluster.ResourceVersion;
        var gone = await RecordedCluster.JsonOfAsync(
            await cluster.Http.DeleteAsync(Nodes + "/node-3", TestContext.Current.CancellationToken));
        Assert.Equal("Success", (string?)gone["status"]);
        var created = await cluster.Http.PostAsync(Nodes, new StringContent(
            """{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-3"},"spec":{"podCIDR":"10.244.3.0/24"}}""",
            Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)created.StatusCode);
        var events = await cluster.WatchAsync($"resourceVersion={start}&timeoutSeconds=1");
        Assert.Equal(RecordedSample.Load("watch-resume-recreated.jsonl").Lines.Select(Summary), events.Select(Summary));
        Assert.NotEqual((string?)events[0]["object"]!["metadata"]!["uid"], (string?)events[1]["object"]!["metadata"]!["uid"]);
        Assert.Equal("node.kubernetes.io/not-ready", (string?)events[1]["object"]!["spec"]!["taints"]![0]!["key"]);
        Assert.Equal("10.244.3.0/24", (string?)events[1]["object"]!["spec"]!["podCIDRs"]![0]);
        Assert.Equal((start + 1).ToString(), (string?)events[0]["object"]!["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task A_finalizer_delays_the_deletion()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        await cluster.PatchAsync(Nodes + "/node-3", """{"metadata":{"finalizers":["example.com/f"]}}""");
        var start = cluster.Cluster.ResourceVersion;
        await cluster.Http.DeleteAsync(Nodes + "/node-3", TestContext.Current.CancellationToken);
        await cluster.PatchAsync(Nodes + "/node-3", """{"metadata":{"labels":{"while":"deleting"}}}""");
        await cluster.PatchAsync(Nodes + "/node-3", """{"metadata":{"finalizers":null}}""");
        var events = await cluster.WatchAsync($"resourceVersion={start}&timeoutSeconds=1");
        Assert.Equal(RecordedSample.Load("watch-finalizer.jsonl").Lines.Select(Summary), events.Select(Summary));
        Assert.NotNull(events[0]["object"]!["metadata"]!["deletionTimestamp"]);
        Assert.Equal(0, (int?)events[0]["object"]!["metadata"]!["deletionGracePeriodSeconds"]);
        Assert.Null(cluster.Cluster.TryGet("node-3"));
    }

    [Fact]
    public async Task Each_event_is_one_line_in_one_chunk_however_long()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        cluster.Cluster.AddNode(new FleetGenerator(new FleetOptions()).GenerateOversized(0));
        using var socket = new TcpClient("127.0.0.1", cluster.Server.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes("GET /api/v1/nodes?watch=1&timeoutSeconds=1 HTTP/1.1\r\n"
                + "Host: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, TestContext.Current.CancellationToken);
        var text = Encoding.UTF8.GetString(all.ToArray());
        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var chunks = new List<string>();
        while (body.Length > 0)
        {
            var end = body.IndexOf("\r\n", StringComparison.Ordinal);
            var length = Convert.ToInt32(body[..end], 16);
            chunks.Add(body.Substring(end + 2, length));
            body = body[(end + 4 + length)..];
        }

        Assert.Equal("", chunks[^1]);
        Assert.Equal(4, chunks.Count - 1);
        Assert.All(chunks[..^1], c =>
        {
            Assert.Equal(c.Length - 1, c.IndexOf('\n', StringComparison.Ordinal));
            Assert.Equal("ADDED", (string?)JsonNode.Parse(c)!["type"]);
        });
        Assert.Contains(chunks, c => c.Length > 1_500_000);
    }

    [Fact]
    public async Task A_watcher_that_falls_too_far_behind_is_closed()
    {
        await using var cluster = await RecordedCluster.StartAsync(o => o with { WatchBacklogEventsMax = 16 });
        cluster.Cluster.AddNode(new FleetGenerator(new FleetOptions()).GenerateOversized(0));
        using var response = await cluster.GetAsync($"{Nodes}?watch=1&resourceVersion={cluster.Cluster.ResourceVersion}");
        // Nobody reads: the connection's buffers fill, and the watch falls behind.
        for (var i = 0; i < 64; i++)
        {
            cluster.Cluster.SetLabel("gpu-00000", "i", i.ToString());
        }

        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(body.Count(c => c == '\n') < 64);
    }

    [Fact]
    public async Task Http2_with_prior_knowledge()
    {
        await using var server = await KubeSimServer.StartAsync(
            new KubeSimOptions { Http2Only = true }, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.BaseUri };
        using var request = new HttpRequestMessage(HttpMethod.Get, Nodes)
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(new Version(2, 0), response.Version);
        Assert.Equal(200, (int)response.StatusCode);
    }

    private static void AssertSameEvents(IReadOnlyList<JsonObject> recorded, IReadOnlyList<JsonObject> actual) =>
        Assert.Equal(recorded.Select(Summary), actual.Select(Summary));

    private static string Summary(JsonObject e) =>
        $"{e["type"]} {e["object"]!["metadata"]!["name"]} {e["object"]!["metadata"]!["annotations"]?["k8s.io/initial-events-end"]}";
}
