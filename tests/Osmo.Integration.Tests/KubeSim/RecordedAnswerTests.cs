using System.Text.Json.Nodes;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>Recorded lists, watches and writes that succeed: the simulator's bytes have the same form.</summary>
public sealed class RecordedAnswerTests
{
    private const string Nodes = "/api/v1/nodes";
    private const string Node1 = Nodes + "/node-1";

    [Fact]
    public async Task A_list_is_the_recorded_bytes_but_for_versions()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var actual = await (await cluster.GetAsync(Nodes)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Versionless(RecordedSample.Load("list-rv0.json").Body.Trim()), Versionless(actual));
    }

    [Fact]
    public async Task Pages_show_the_first_pages_snapshot()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var first = await RecordedCluster.JsonOfAsync(await cluster.GetAsync(Nodes + "?limit=1"));
        AssertSamePage("list-limit1.json", first);
        cluster.Cluster.RemoveNode("node-2");
        cluster.Cluster.SetLabel("node-3", "changed", "since");
        var second = await RecordedCluster.JsonOfAsync(
            await cluster.GetAsync($"{Nodes}?limit=1&continue={first["metadata"]!["continue"]}"));
        AssertSamePage("list-page2.json", second);
        Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)second["metadata"]!["resourceVersion"]);
        var third = await RecordedCluster.JsonOfAsync(
            await cluster.GetAsync($"{Nodes}?limit=1&continue={second["metadata"]!["continue"]}"));
        Assert.Null(third["items"]![0]!["metadata"]!["labels"]!["changed"]);
        Assert.Null(third["metadata"]!["continue"]);
    }

    [Fact]
    public async Task A_list_with_resourceVersion_0_ignores_the_limit()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var actual = await RecordedCluster.JsonOfAsync(await cluster.GetAsync(Nodes + "?limit=1&resourceVersion=0"));
        SampleComparison.AssertSame(RecordedSample.Load("list-rv0-limit1.json").Json, actual);
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"kubernetes.io/os":"linux"}}}""")]
    [InlineData("""{"metadata":{"labels":{"none":null}}}""")]
    [InlineData("{}")]
    [InlineData("""{"status":{"conditions":[]}}""")]
    public async Task A_patch_that_changes_nothing_keeps_the_version_and_makes_no_event(string body)
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var before = cluster.Cluster.TryGet("node-1")!;
        var answer = await RecordedCluster.JsonOfAsync(await cluster.PatchAsync(Node1, body));
        Assert.Equal(before.ResourceVersion, (string?)answer["metadata"]!["resourceVersion"]);
        Assert.Same(before, cluster.Cluster.TryGet("node-1"));
        Assert.Empty(await cluster.WatchAsync($"resourceVersion={cluster.Cluster.ResourceVersion}&timeoutSeconds=1"));
    }

    [Fact]
    public async Task An_unknown_field_is_dropped_with_a_warning()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var response = await cluster.PatchAsync(Node1, """{"metadata":{"labells":{"a":"x"}}}""");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(RecordedSample.Load("patch-unknown-field.json").Headers["warning"],
            response.Headers.NonValidated["Warning"].ToString());
    }

    [Fact]
    public async Task DryRun_answers_with_the_result_and_stores_nothing()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var before = cluster.Cluster.ResourceVersion;
        var answer = await RecordedCluster.JsonOfAsync(
            await cluster.PatchAsync(Node1 + "?dryRun=All", """{"metadata":{"labels":{"dry":"run"}}}"""));
        Assert.Equal("run", (string?)answer["metadata"]!["labels"]!["dry"]);
        Assert.Equal(before, cluster.Cluster.ResourceVersion);
        Assert.DoesNotContain("dry", cluster.Cluster.TryGet("node-1")!.Labels.Keys);
    }

    [Fact]
    public async Task Null_labels_remove_all_and_the_status_subresource_can_set_them()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var bare = await RecordedCluster.JsonOfAsync(await cluster.PatchAsync(Node1, """{"metadata":{"labels":null}}"""));
        AssertSameKeys("patch-labels-null.json", bare);
        var labelled = await RecordedCluster.JsonOfAsync(
            await cluster.PatchAsync(Node1 + "/status", """{"metadata":{"labels":{"a":"via-status"}}}"""));
        AssertSameKeys("patch-labels-via-status.json", labelled);
        Assert.Equal("via-status", (string?)labelled["metadata"]!["labels"]!["a"]);
    }

    [Fact]
    public async Task Status_is_ignored_on_the_main_resource_and_spec_on_status()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        await cluster.PatchAsync(Node1, """{"metadata":{"labels":{"a":"st"}},"status":{"phase":"Running"}}""");
        await cluster.PatchAsync(Node1 + "/status", """{"spec":{"unschedulable":true},"status":{"allocatable":{"cpu":"3"}}}""");
        var node = JsonNode.Parse(cluster.Cluster.TryGet("node-1")!.ToJsonUtf8())!;
        Assert.Equal("st", (string?)node["metadata"]!["labels"]!["a"]);
        Assert.Null(node["status"]!["phase"]);
        Assert.Null(node["spec"]!["unschedulable"]);
        Assert.Equal("3", (string?)node["status"]!["allocatable"]!["cpu"]);
    }

    [Fact]
    public async Task Server_side_apply_is_refused_in_so_many_words()
    {
        await using var cluster = await RecordedCluster.StartAsync();
        var response = await cluster.PatchAsync(Node1 + "?fieldManager=x", "{}", "application/apply-patch+yaml");
        Assert.Equal(415, (int)response.StatusCode);
        Assert.Contains("server-side apply", (string?)(await RecordedCluster.JsonOfAsync(response))["message"]);
    }

    private static void AssertSamePage(string sample, JsonObject actual)
    {
        var recorded = RecordedSample.Load(sample).Json;
        Assert.Equal(recorded["metadata"]!.AsObject().Select(p => p.Key), actual["metadata"]!.AsObject().Select(p => p.Key));
        Assert.Equal((int?)recorded["metadata"]!["remainingItemCount"], (int?)actual["metadata"]!["remainingItemCount"]);
        Assert.Equal(
            recorded["items"]!.AsArray().Select(i => (string?)i!["metadata"]!["name"]),
            actual["items"]!.AsArray().Select(i => (string?)i!["metadata"]!["name"]));
    }

    private static void AssertSameKeys(string sample, JsonObject actual)
    {
        var recorded = RecordedSample.Load(sample).Json;
        Assert.Equal(recorded.Select(p => p.Key), actual.Select(p => p.Key));
        Assert.Equal(recorded["metadata"]!.AsObject().Select(p => p.Key), actual["metadata"]!.AsObject().Select(p => p.Key));
    }

    private static string Versionless(string json) =>
        System.Text.RegularExpressions.Regex.Replace(json, "\"resourceVersion\":\"\\d+\"", "\"resourceVersion\":\"N\"");
}
