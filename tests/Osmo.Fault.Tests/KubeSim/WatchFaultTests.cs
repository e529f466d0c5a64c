using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Fleet;
using Xunit;

namespace Osmo.Fault.Tests.KubeSim;

/// <summary>Each fault is on the wire what it says it is.</summary>
public sealed class WatchFaultTests : IAsyncLifetime
{
    private const string Nodes = "/api/v1/nodes";

    private KubeSimServer _server = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var cluster = new SimulatedCluster();
        new FleetGenerator(new FleetOptions { Nodes = 2 }).Fill(cluster);
        _server = await KubeSimServer.StartAsync(
            new KubeSimOptions { Cluster = cluster, StorageTimeout = TimeSpan.FromMilliseconds(100) }, Cancel);
        _http = new HttpClient { BaseAddress = _server.BaseUri };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Drop_ends_abruptly()
    {
        using var watch = await WatchAsync();
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        await Assert.ThrowsAnyAsync<IOException>(() => watch.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task CutLineThenEnd_ends_cleanly_in_the_middle_of_a_line()
    {
        using var watch = await WatchAsync();
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.CutLineThenEnd));
        var rest = await watch.ReadToEndAsync(Cancel);
        Assert.StartsWith("{\"type\":\"MODIFIED\"", rest);
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(rest));
    }

    [Fact]
    public async Task GarbageLine_is_no_JSON_and_the_watch_goes_on()
    {
        using var watch = await WatchAsync();
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.GarbageLine));
        var line = await watch.ReadLineAsync(Cancel);
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(line!));
        _server.Cluster.SetLabel("gpu-00000", "still", "here");
        Assert.Equal("MODIFIED", (string?)JsonNode.Parse((await watch.ReadLineAsync(Cancel))!)!["type"]);
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(500, "InternalError")]
    public async Task ErrorEvent_is_a_Status_of_that_code_then_a_clean_end(int code, string reason)
    {
        using var watch = await WatchAsync();
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.ErrorEvent, code));
        var error = JsonNode.Parse((await watch.ReadLineAsync(Cancel))!)!;
        Assert.Equal("ERROR", (string?)error["type"]);
        Assert.Equal(code, (int?)error["object"]!["code"]);
        Assert.Equal(reason, (string?)error["object"]!["reason"]);
        Assert.Null(await watch.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task A_stalled_watch_is_silent_and_catches_up_afterwards()
    {
        using var watch = await WatchAsync();
        _server.Faults.StallWatches = true;
        _server.Cluster.SetLabel("gpu-00000", "during", "stall");
        var read = watch.ReadLineAsync(Cancel).AsTask();
        // The change is stored and visible, and yet nothing arrives: a whole list is answered before any byte of the watch.
        Assert.Contains("\"during\":\"stall\"", await _http.GetStringAsync(Nodes + "/gpu-00000", Cancel));
        Assert.False(read.IsCompleted);
        _server.Faults.StallWatches = false;
        Assert.Contains("\"during\":\"stall\"", await read);
    }

    [Fact]
    public async Task A_silenced_watch_tells_nothing_but_a_bookmark_of_what_it_told_and_its_end()
    {
        using var watch = await WatchAsync();
        _server.Cluster.SetLabel("gpu-00000", "before", "silence");
        var told = (string?)JsonNode.Parse((await watch.ReadLineAsync(Cancel))!)!["object"]!["metadata"]!["resourceVersion"];
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Silence));
        _server.Cluster.SetLabel("gpu-00000", "during", "silence");
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Bookmark));
        _server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.End));
        var bookmark = JsonNode.Parse((await watch.ReadLineAsync(Cancel))!)!;
        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        Assert.Equal(told, (string?)bookmark["object"]!["metadata"]!["resourceVersion"]);
        Assert.Null(await watch.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task A_graceful_end_refuses_new_connections_and_ends_open_watches_cleanly_after_a_bookmark()
    {
        using var watch = await WatchAsync();
        await _server.ShutDownGracefullyAsync(TimeSpan.FromMilliseconds(100), Cancel);
        Assert.Equal("BOOKMARK", (string?)JsonNode.Parse((await watch.ReadLineAsync(Cancel))!)!["type"]);
        Assert.Null(await watch.ReadLineAsync(Cancel));
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(Nodes, Cancel));
        await _server.ResumeListeningAsync(Cancel);
        Assert.Equal(200, (int)(await _http.GetAsync(Nodes, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Frozen_storage_hangs_lists_but_the_caches_and_holds_back_events_until_it_thaws()
    {
        using var watch = await WatchAsync();
        _server.Faults.StorageFrozen = true;
        var list = _http.GetAsync(Nodes, Cancel);
        var event1 = watch.ReadLineAsync(Cancel).AsTask();
        _server.Cluster.SetLabel("gpu-00000", "while", "frozen");
        Assert.Equal(200, (int)(await _http.GetAsync(Nodes + "?resourceVersion=0", Cancel)).StatusCode);
        Assert.Equal(504, await PatchAsync("gpu-00000"));
        Assert.False(list.IsCompleted);
        Assert.False(event1.IsCompleted);
        _server.Faults.StorageFrozen = false;
        Assert.Equal(200, (int)(await list).StatusCode);
        Assert.Contains("\"while\":\"frozen\"", await event1);
        Assert.Equal(200, await PatchAsync("gpu-00000"));
    }

    [Fact]
    public async Task Revoked_rights_refuse_new_requests_and_leave_open_watches()
    {
        using var watch = await WatchAsync();
        _server.Faults.RevokeRights("*");
        Assert.Equal(403, (int)(await _http.GetAsync(Nodes, Cancel)).StatusCode);
        _server.Cluster.SetLabel("gpu-00000", "after", "revocation");
        Assert.Contains("\"after\":\"revocation\"", await watch.ReadLineAsync(Cancel));
        _server.Faults.RestoreRights();
        Assert.Equal(200, (int)(await _http.GetAsync(Nodes, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Refused_connections_and_aborted_requests_are_transport_errors()
    {
        _server.Faults.RefuseConnections = true;
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(Nodes, Cancel));
        _server.Faults.RefuseConnections = false;
        _server.Faults.FailNext("get", 1, FaultResponse.Abort);
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(Nodes + "/gpu-00000", Cancel));
        Assert.Equal(200, (int)(await _http.GetAsync(Nodes + "/gpu-00000", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Failures_are_counted_out_per_verb_and_per_node()
    {
        _server.Faults.FailNext("list", 2, FaultResponse.ServiceUnavailable);
        _server.Faults.FailPatchesOf("gpu-00001", FaultResponse.InternalError);
        Assert.Equal(503, await StatusAsync());
        Assert.Equal(503, await StatusAsync());
        Assert.Equal(200, await StatusAsync());
        Assert.Equal(200, await PatchAsync("gpu-00000"));
        Assert.Equal(500, await PatchAsync("gpu-00001"));
        _server.Faults.Clear();
        Assert.Equal(200, await PatchAsync("gpu-00001"));
        Assert.Equal(3, _server.Requests.Of("list"));
        Assert.Equal(3, _server.Requests.Of("patch"));

        async Task<int> StatusAsync() => (int)(await _http.GetAsync(Nodes, Cancel)).StatusCode;
    }

    [Fact]
    public async Task Accepted_patches_are_reported_with_node_body_and_result()
    {
        var seen = new List<PatchRecord>();
        _server.Cluster.Patched += seen.Add;
        Assert.Equal(200, await PatchAsync("gpu-00000"));
        Assert.Equal(404, await PatchAsync("none"));
        var patch = Assert.Single(seen);
        Assert.Equal("gpu-00000", patch.Node);
        Assert.Equal("x", patch.Result.Labels["patched"]);
        Assert.Equal("x", (string?)JsonNode.Parse(patch.Body.Span)!["metadata"]!["labels"]!["patched"]);
    }

    private async Task<int> PatchAsync(string node)
    {
        using var content = new StringContent("""{"metadata":{"labels":{"patched":"x"}}}""");
        content.Headers.ContentType = new("application/merge-patch+json");
        return (int)(await _http.PatchAsync($"{Nodes}/{node}", content, Cancel)).StatusCode;
    }

    private async Task<StreamReader> WatchAsync()
    {
        var stream = await _http.GetStreamAsync($"{Nodes}?watch=1&resourceVersion={_server.Cluster.ResourceVersion}", Cancel);
        Assert.Equal(1, _server.Faults.OpenWatches);
        return new StreamReader(stream);
    }
}
