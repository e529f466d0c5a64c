using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

public sealed class NodePatcherTests
{
    private static readonly KeyValuePair<string, string?>[] Labels = [new("osmo.nvidia.com/verified", "True"), new("old", null)];

    [Fact]
    public async Task A_patch_is_a_merge_patch_and_brings_the_node_back()
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(
            200, Recorded.Text("patch1.json").Trim(), headers: "Warning: 299 - \"unknown field \\\"metadata.x\\\"\""));
        PatchResult result = await PatchAsync(server, uid: "the-uid");
        Assert.Equal(PatchOutcome.Applied, result.Outcome);
        Assert.Equal("node-1", result.Node!.Name);
        ScriptedRequest request = Assert.Single(server.Requests);
        Assert.Equal("PATCH", request.Method);
        Assert.Equal("/api/v1/nodes/node-1", request.Target);
        Assert.Equal("application/merge-patch+json", request.Headers["Content-Type"]);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"metadata":{"uid":"the-uid","labels":{"osmo.nvidia.com/verified":"True","old":null}}}"""),
            JsonNode.Parse(request.Body)));
    }

    [Theory] // 15, 16, 18
    [InlineData("patch-404.json", 404, PatchOutcome.NotFound)]
    [InlineData("patch-conflict-rv.json", 409, PatchOutcome.Conflict)]
    [InlineData("patch-wrong-uid.json", 422, PatchOutcome.Conflict)]
    [InlineData("patch-badkey.json", 422, PatchOutcome.Invalid)]
    [InlineData("patch-number.json", 422, PatchOutcome.Invalid)]
    [InlineData("patch-ct-json.json", 415, PatchOutcome.Invalid)]
    [InlineData("agent403-patch.json", 403, PatchOutcome.Forbidden)]
    [InlineData("unauth401.json", 401, PatchOutcome.Forbidden)]
    [InlineData("too-many-429.json", 429, PatchOutcome.Throttled)]
    [InlineData("etcdstall-patch.json", 504, PatchOutcome.Unavailable)]
    public async Task A_refusal_is_told_apart_and_kept_short(string recorded, int status, PatchOutcome outcome)
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(status, Recorded.Text(recorded)));
        PatchResult result = await PatchAsync(server);
        Assert.Equal(outcome, result.Outcome);
        Assert.Null(result.Node);
        Assert.InRange(result.Error!.Length, 20, 900);
        Assert.DoesNotContain("a-token", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        Uri address;
        await using (ScriptedServer server = new())
        {
            address = server.Address;
        }

        using KubernetesClient client = new(KubernetesConfiguration.ForServer(address));
        PatchResult result = await new NodePatcher(client).PatchLabelsAsync("node-1", Labels, null, TestContext.Current.CancellationToken);
        Assert.Equal(PatchOutcome.Unavailable, result.Outcome);
        Assert.Contains("Check that the API server is running", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_the_server_asks_for_holds_every_following_patch()
    {
        Osmo.Testing.ManualTimeProvider time = new();
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(429, "Too many requests", "text/plain", "Retry-After: 7"));
        server.OnOther(exchange => exchange.AnswerAsync(200, Recorded.Text("patch1.json")));
        using KubernetesClient client = new(KubernetesConfiguration.ForServer(server.Address));
        NodePatcher patcher = new(client, time: time);
        PatchResult first = await patcher.PatchLabelsAsync("node-1", Labels, null, TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromSeconds(7), first.RetryAfter);
        Task<PatchResult> second = patcher.PatchLabelsAsync("node-1", Labels, null, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(second.IsCompleted);
        Assert.Single(server.Requests);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(PatchOutcome.Applied, (await second).Outcome);
    }

    private static async Task<PatchResult> PatchAsync(ScriptedServer server, string? uid = null)
    {
        using KubernetesClient client = new(KubernetesConfiguration.ForServer(server.Address, "a-token"));
        return await new NodePatcher(client).PatchLabelsAsync("node-1", Labels, uid, TestContext.Current.CancellationToken);
    }
}
