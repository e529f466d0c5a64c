using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>Every failure that was recorded from a real API server, asked of the simulator in the same way.</summary>
public sealed class RecordedFailureTests
{
    private const string Nodes = "/api/v1/nodes";
    private const string Node1 = Nodes + "/node-1";
    private const string JsonPatch = "application/json-patch+json";

    [Theory]
    [InlineData("list-badrv.json", "?resourceVersion=abc")]
    [InlineData("list-exact-noRV.json", "?resourceVersionMatch=Exact")]
    [InlineData("list-future.json", "?resourceVersion=999999")]
    [InlineData("get-future.json", "/node-1?resourceVersion=999999")]
    [InlineData("wl-list.json", "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan")]
    [InlineData("watch-badrv.json", "?watch=1&resourceVersion=abc")]
    [InlineData("watch-match-nosend.json", "?watch=1&resourceVersionMatch=NotOlderThan")]
    [InlineData("wl-exact.json", "?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact")]
    [InlineData("wl-nomatch.json", "?watch=1&sendInitialEvents=true")]
    public async Task Reads(string sample, string query)
    {
        await using var cluster = await RecordedCluster.StartAsync();
        await AssertSameAsync(sample, await cluster.GetAsync(Nodes + query));
    }

    [Fact]
    public async Task WatchList_switched_off()
    {
        await using var cluster = await RecordedCluster.StartAsync(o => o with { WatchListEnabled = false });
        await AssertSameAsync("nowl-full.json",
            await cluster.GetAsync(Nodes + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"));
    }

    [Theory]
    [InlineData("patch-badjson.json", "{")]
    [InlineData("patch-badkey.json", """{"metadata":{"labels":{"-bad/key/x":"1"}}}""")]
    [InlineData("patch-badvalue.json", """{"metadata":{"labels":{"a":"not ok!"}}}""")]
    [InlineData("patch-number.json", """{"metadata":{"labels":{"a":1}}}""")]
    [InlineData("patch-bool.json", """{"metadata":{"labels":{"a":true}}}""")]
    [InlineData("patch-conflict-rv.json", """{"metadata":{"resourceVersion":"1","labels":{"a":"b"}}}""")]
    [InlineData("patch-wrong-uid.json", """{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}""")]
    [InlineData("patch-ct-json.json", """{"metadata":{"labels":{"a":"b"}}}""", "application/json")]
    [InlineData("jp-test-fail.json", """[{"op":"test","path":"/metadata/labels/kubernetes.io~1os","value":"x"}]""", JsonPatch)]
    [InlineData("jp-remove-missing.json", """[{"op":"remove","path":"/metadata/labels/none"}]""", JsonPatch)]
    [InlineData("patch-strict.json", """{"metadata":{"labells":{"a":"x"}}}""", "application/merge-patch+json", "?fieldValidation=Strict")]
    public async Task Patches(string sample, string body, string contentType = "application/merge-patch+json", string query = "")
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var before = cluster.Cluster.ResourceVersion;
        await AssertSameAsync(sample, await cluster.PatchAsync(Node1 + query, body, contentType));
        Assert.Equal(before, cluster.Cluster.ResourceVersion);
    }

    [Fact]
    public async Task A_label_value_over_63_bytes()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        await AssertSameAsync("patch-long.json",
            await cluster.PatchAsync(Node1, "{\"metadata\":{\"labels\":{\"a\":\"" + new string('x', 64) + "\"}}}"));
    }

    [Fact]
    public async Task A_patch_of_a_node_that_does_not_exist()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        await AssertSameAsync("patch-404.json", await cluster.PatchAsync(Nodes + "/nope", "{}"));
    }

    [Fact]
    public async Task Continuing_with_a_resourceVersion()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var token = await ContinueAsync(cluster, "?limit=1");
        await AssertSameAsync("list-page-with-rv.json", await cluster.GetAsync($"{Nodes}?limit=1&continue={token}&resourceVersion=5"));
    }

    [Fact]
    public async Task A_continue_token_that_is_none()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var recorded = RecordedSample.Load("list-page-badtoken.json").Json;
        var response = await cluster.GetAsync(Nodes + "?limit=1&continue=gQ");
        Assert.Equal(400, (int)response.StatusCode);
        var actual = await RecordedCluster.JsonOfAsync(response);
        Assert.Equal("BadRequest", (string?)actual["reason"]);
        const string Prefix = "invalid continue token: continue key is not valid: ";
        Assert.StartsWith(Prefix, (string?)recorded["message"]);
        Assert.StartsWith(Prefix, (string?)actual["message"]);
    }

    [Fact]
    public async Task An_expired_continue_token_comes_with_an_inconsistent_one_that_works()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var token = await ContinueAsync(cluster, "?limit=1");
        cluster.Cluster.Compact();
        var response = await cluster.GetAsync($"{Nodes}?limit=1&continue={token}");
        var recorded = RecordedSample.Load("list-continue-expired-410.json");
        Assert.Equal(recorded.StatusCode, (int)response.StatusCode);
        var actual = await RecordedCluster.JsonOfAsync(response);
        // The same token but for its encoding: rv -1, and a start without slash.
        Assert.Equal((string?)recorded.Json["metadata"]!["continue"], (string?)actual["metadata"]!["continue"]);
        Assert.Equal((string?)recorded.Json["message"], (string?)actual["message"]);

        var rest = await RecordedCluster.JsonOfAsync(await cluster.GetAsync($"{Nodes}?limit=1&continue={actual["metadata"]!["continue"]}"));
        Assert.Equal("node-2", (string?)rest["items"]![0]!["metadata"]!["name"]);
        Assert.Equal(1, (int?)rest["metadata"]!["remainingItemCount"]);
    }

    [Fact]
    public async Task An_exact_list_at_an_expired_version()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var empty = await RecordedCluster.JsonOfAsync(await cluster.GetAsync(Nodes + "?resourceVersion=1&resourceVersionMatch=Exact"));
        Assert.Equal(RecordedSample.Load("list-exact-1.json").Body.Trim(), empty.ToJsonString());
        cluster.Cluster.Compact();
        await AssertSameAsync("list-exact1.json", await cluster.GetAsync(Nodes + "?resourceVersion=1&resourceVersionMatch=Exact"));
    }

    [Theory]
    [InlineData("watch-410-rv1.json", null)]
    [InlineData("watch-410-table.json", "application/json;as=Table;v=v1;g=meta.k8s.io")]
    [InlineData("watch-410-partial.json", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")]
    public async Task An_expired_watch_is_an_ERROR_event_inside_a_200(string sample, string? accept)
    {
        await using var cluster = await RecordedCluster.StartAsync();
        cluster.Cluster.Compact();
        var line = Assert.Single(await cluster.WatchAsync("resourceVersion=1", accept));
        SampleComparison.AssertSame(RecordedSample.Load(sample).Json, line);
    }

    [Fact]
    public async Task A_WatchList_from_the_future_is_an_ERROR_event_inside_a_200()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var line = Assert.Single(
            await cluster.WatchAsync("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999"));
        SampleComparison.AssertSame(RecordedSample.Load("wl-future.json").Json, line);
    }

    [Fact]
    public async Task A_restart_expires_every_older_version_even_the_last_one()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var last = cluster.Cluster.ResourceVersion;
        await cluster.Server.StopListeningAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => cluster.GetAsync(Nodes));
        await cluster.Server.ResumeListeningAsync(TestContext.Current.CancellationToken);
        var line = Assert.Single(await cluster.WatchAsync($"resourceVersion={last}"));
        SampleComparison.AssertSame(RecordedSample.Load("restart-watch-lastnode.json").Json, line);
        Assert.Empty(await cluster.WatchAsync($"resourceVersion={cluster.Cluster.ResourceVersion}&timeoutSeconds=1"));
    }

    [Fact]
    public async Task Tokens_that_are_unknown_or_may_not()
    {
        var agent = new KubeSimUser("agent", new HashSet<string> { "get" });
        await using var cluster = await RecordedCluster.StartAsync(
            o => o with { Tokens = new Dictionary<string, KubeSimUser> { ["known"] = agent } });
        await AssertSameAsync("unauth401.json", await cluster.GetAsync(Nodes));
        await AssertSameAsync("unauth401.json", await cluster.GetAsync(Nodes, token: "other"));
        await AssertSameAsync("agent403.json", await cluster.GetAsync(Nodes + "?watch=1", token: "known"));
        await AssertSameAsync("agent403-patch.json", await cluster.PatchAsync(Node1, "{}", token: "known"));
        Assert.Equal(200, (int)(await cluster.GetAsync(Node1, token: "known")).StatusCode);
    }

    [Fact]
    public async Task Faults_answer_as_the_real_server_does()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        cluster.Server.Faults.FailNext("patch", 1, FaultResponse.GatewayTimeout);
        await AssertSameAsync("etcdstall-patch.json", await cluster.PatchAsync(Node1, "{}"));

        cluster.Server.Faults.FailNext("list", 1, FaultResponse.TooManyRequestsPlainText);
        var response = await cluster.GetAsync(Nodes);
        var recorded = RecordedSample.Load("too-many-429.json");
        Assert.Equal(recorded.StatusCode, (int)response.StatusCode);
        Assert.Equal(recorded.Headers["content-type"], response.Content.Headers.ContentType!.ToString());
        Assert.Equal(recorded.Headers["retry-after"], response.Headers.RetryAfter!.ToString());
        Assert.Equal(recorded.Body, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(200, (int)(await cluster.GetAsync(Nodes)).StatusCode);
    }

    internal static async Task AssertSameAsync(string sample, HttpResponseMessage response)
    {
        var recorded = RecordedSample.Load(sample);
        Assert.Equal(recorded.StatusCode ?? (int?)recorded.Json["code"], (int)response.StatusCode);
        SampleComparison.AssertSame(recorded.Json, await RecordedCluster.JsonOfAsync(response));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(recorded.Headers.GetValueOrDefault("retry-after"), response.Headers.RetryAfter?.ToString());
        Assert.True(response.Headers.Contains("Audit-Id"));
    }

    private static async Task<string> ContinueAsync(RecordedCluster cluster, string query)
    {
        JsonNode page = await RecordedCluster.JsonOfAsync(await cluster.GetAsync(Nodes + query));
        return (string)page["metadata"]!["continue"]!;
    }
}
