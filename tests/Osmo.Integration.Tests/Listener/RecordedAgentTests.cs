using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>What real, unmodified agents sent to their own service, sent to ours byte by byte.</summary>
public sealed class RecordedAgentTests
{
    private const string Backend = "isaac";
    private const string Uid = "5a1c9f6e-0f3b-4f5e-9b1a-6a1f0c3d2e4b";
    private const string OtherUid = "other-cluster-uid";

    // In the order in which they were recorded: each goes on where the one before it ended.
    private static readonly string[] Conversations =
    [
        "worker-registers.jsonl",
        "agent-register-3-nodes.jsonl",
        "agent-node-condition-change.jsonl",
        "agent-control-node-conditions.jsonl",
        "agent-node-delete.jsonl",
        "agent-heartbeat-ack.jsonl",
        "agent-reconnect-replay.jsonl",
        "agent-uid-conflict.jsonl",
    ];

    [Fact]
    public async Task Everything_recorded_is_answered_as_it_was()
    {
        await using var server = await RunningServer.StartAsync();
        await using var conversation = new RecordedConversation(server) { Stranger = OtherUid };
        foreach (var file in Conversations)
        {
            await conversation.PlayAsync(file);
        }

        Assert.True(conversation.Sent > 150, $"only {conversation.Sent} frames were sent");
        Assert.True(conversation.Answered > 70, $"only {conversation.Answered} answers were compared");
        AssertStrangerWasToldWhy(conversation);
        await AssertStateAsync(server);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_listener_that_nobody_knows_yet_is_answered_as_one_that_is_known()
    {
        // Their service drops its sockets until a worker has registered the backend.
        await using var server = await RunningServer.StartAsync();
        await using var unknown = await ListenerSocket.JoinAsync(server.Url, "pod", Backend, clusterUid: Uid);
        await Eventually.AgreesAsync(async () => { await server.GetAsync($"/api/configs/backend/{Backend}"); return null; }, "it is known");
        await using var conversation = new RecordedConversation(server);
        await conversation.PlayAsync("agent-register-3-nodes.jsonl");
        await conversation.PlayAsync("agent-node-condition-change.jsonl");

        Assert.Equal(3, (await FleetTruth.NodesAsync(Backend, server)).Count);
    }

    [Fact]
    public async Task The_recorded_nodes_are_what_they_were()
    {
        await using var server = await RunningServer.StartAsync();
        await using var conversation = new RecordedConversation(server);
        await conversation.PlayAsync("worker-registers.jsonl");
        await conversation.PlayAsync("agent-register-3-nodes.jsonl");
        Assert.Equal(["node-1", "node-2", "node-3"], (await AvailableAsync(server)).Order());

        await conversation.PlayAsync("agent-node-condition-change.jsonl");
        Assert.Equal(["node-1", "node-3"], (await AvailableAsync(server)).Order());

        await conversation.PlayAsync("agent-control-node-conditions.jsonl");
        Assert.Equal(["node-1", "node-2", "node-3"], (await AvailableAsync(server)).Order());
    }

    private static async Task<string[]> AvailableAsync(RunningServer server) =>
        [.. (await FleetTruth.NodesAsync(Backend, server)).Where(node => node.Value.Available).Select(node => node.Key)];

    private static void AssertStrangerWasToldWhy(RecordedConversation conversation)
    {
        // Their service closes with 1000 and no reason, and not at all on the control channel, where it tells the stranger the conditions.
        Assert.Equal(17, conversation.Refusals.Count);
        Assert.Contains(conversation.Refusals, refusal => refusal.Path.Contains("/control/", StringComparison.Ordinal));
        Assert.All(conversation.Refusals, refusal =>
        {
            Assert.Equal(4000, refusal.Code);
            Assert.Contains("cluster", refusal.Reason, StringComparison.OrdinalIgnoreCase);
        });
    }

    private static async Task AssertStateAsync(RunningServer server)
    {
        var backend = await server.GetAsync($"/api/configs/backend/{Backend}");
        Assert.Equal(Uid, (string?)backend["k8s_uid"]);
        Assert.Equal("osmo-wf", (string?)backend["k8s_namespace"]);
        Assert.Equal("1.0.0", (string?)backend["version"]);
        Assert.Equal(["GpuHealthy"], Texts(backend["node_conditions"]!["additional_node_conditions"]));
        Assert.Equal(["NetworkUnavailable", "SomeTransient*"], Texts(backend["node_conditions"]!["ignore_node_conditions"]));
        Assert.Equal("osmo.nvidia.com/", (string?)backend["node_conditions"]!["prefix"]);

        var history = (await server.GetAsync("/api/configs/history?config_types=BACKEND"))["configs"]!.AsArray();
        Assert.Equal(1, history.Count(entry => (string?)entry!["description"] == $"Create backend {Backend}"));
        Assert.Equal(["node-1", "node-2"], (await AvailableAsync(server)).Order());
    }

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(entry => (string)entry!)];
}
