using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>What comes over the channels, and what becomes of it.</summary>
public sealed class NodeMessageTests : ListenerScene
{
    [Theory]
    [InlineData("1.0.0")]
    [InlineData("6.4.0")]
    public async Task Condition_changes_deletions_and_new_nodes_are_followed(string version)
    {
        await using var agent = await PythonAgent.JoinAsync(Options(version: version), ReadyNodes(4));
        await agent.AgreesAsync(Server);
        agent.Set("node-1", "DiskPressure", "True");
        agent.Set("node-2", "Ready", "Unknown");
        agent.Set(agent.Nodes[2] with { Unschedulable = true });
        agent.Delete("node-4");
        agent.Set(PythonNode.Ready("node-5"));
        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        Assert.False((await NodesAsync())["node-1"]);
        Assert.False((await NodesAsync())["node-2"]);
        Assert.False((await NodesAsync())["node-3"]);

        agent.Set("node-1", "DiskPressure", "False");
        agent.Set(agent.Nodes[2] with { Unschedulable = false });
        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        Assert.True((await NodesAsync())["node-1"]);
        Assert.True((await NodesAsync())["node-3"]);
        AssertContent(agent);
    }

    [Fact]
    public async Task A_cordon_is_shown_as_one()
    {
        await using var agent = await JoinAsync(PythonNode.Ready("node-1") with { Unschedulable = true });
        Assert.True((await FleetTruth.NodesAsync(Backend, Server))["node-1"].Unschedulable);
    }

    [Fact]
    public async Task The_list_of_nodes_removes_what_vanished_and_nothing_of_others()
    {
        await using var other = await PythonAgent.JoinAsync(Options("other"), ReadyNodes(3));
        await using var agent = await JoinAsync(ReadyNodes(5));
        agent.Delete("node-2", told: false);
        agent.Delete("node-4", told: false);
        Assert.Equal(5, (await NodesAsync()).Count);
        agent.Refresh();
        await agent.SettlesAsync();
        Assert.Equal(["node-1", "node-3", "node-5"], (await NodesAsync()).Keys.Order());
        Assert.Equal(3, (await NodesAsync("other")).Count);

        await using var channel = await NodeChannelAsync();
        await channel.AcknowledgedAsync(ListenerFrames.NodeHash());
        Assert.Empty(await NodesAsync());
        Assert.Equal(3, (await NodesAsync("other")).Count);
    }

    [Fact]
    public async Task Acknowledgements_come_in_order_for_whatever_is_sent()
    {
        await using var channel = await NodeChannelAsync();
        string[] frames =
        [
            ListenerFrames.Resource("a", true, "Ready"),
            ListenerFrames.Logging("in between"),
            ListenerFrames.Of("resource_usage", PythonNode.Ready("a").UsageBody()),
            ListenerFrames.Of("monitor_pod", new JsonObject { ["workflow_uuid"] = "w" }),
            ListenerFrames.Resource("a", false, "Ready"),
            ListenerFrames.Delete("nobody"),
            ListenerFrames.NodeHash("a"),
            ListenerFrames.Heartbeat(),
            ListenerFrames.Of("task_list", new JsonObject { ["task_list"] = new JsonArray() }),
            ListenerFrames.Of("container_node", []),
            ListenerFrames.Of("brand_new_type", new JsonObject { ["a"] = 1 }),
            ListenerFrames.Resource("b", true, "Ready"),
        ];
        foreach (var frame in frames)
        {
            await channel.SendAsync(frame);
        }

        foreach (var frame in frames)
        {
            await channel.ExpectAckAsync(ListenerFrames.UuidOf(frame));
        }

        Assert.Equal(new Dictionary<string, bool> { ["a"] = false, ["b"] = true }, await NodesAsync());
    }

    [Theory]
    [InlineData("pod")]
    [InlineData("event")]
    [InlineData("heartbeat")]
    [InlineData("message")]
    public async Task Every_message_after_init_is_acknowledged_on_every_channel(string name)
    {
        await using var channel = await ListenerSocket.JoinAsync(Server.Url, name, Backend);
        await channel.AcknowledgedAsync(ListenerFrames.Logging("a line"));
        await channel.AcknowledgedAsync(ListenerFrames.Heartbeat());
        await channel.AcknowledgedAsync(
            ListenerFrames.Of("update_pod", new JsonObject { ["workflow_uuid"] = "w", ["status"] = "RUNNING" }));
        await channel.AcknowledgedAsync(ListenerFrames.Of("pod_event", new JsonObject { ["pod_name"] = "p", ["reason"] = "r" }));
        await channel.AcknowledgedAsync(ListenerFrames.Of("pod_conditions", []));
        await channel.AcknowledgedAsync(
            ListenerFrames.Of("metrics", new JsonObject { ["type"] = "COUNTER", ["value"] = 1, ["name"] = "n" }));
    }

    [Fact]
    public async Task Nodes_that_come_over_the_single_socket_of_older_agents_are_taken_in()
    {
        await using var channel = await ListenerSocket.JoinAsync(Server.Url, "message", Backend);
        await channel.AcknowledgedAsync(ListenerFrames.Resource("a", true, "Ready"));
        Assert.Equal(new Dictionary<string, bool> { ["a"] = true }, await NodesAsync());
    }

    [Fact]
    public async Task A_message_before_init_is_not_lost()
    {
        var frame = ListenerFrames.Resource("early", true, "Ready");
        await using (var channel = await ListenerSocket.ConnectAsync(Server.Url, "node", Backend))
        {
            await channel.TrySendAsync(System.Text.Encoding.UTF8.GetBytes(frame));
            await channel.TrySendAsync(System.Text.Encoding.UTF8.GetBytes(ListenerFrames.Init(ListenerFrames.UidOf(Backend))));

            // Either it is kept until init and acknowledged then, or the connection ends without: then the agent sends it again.
            if (await channel.NextAsync() is { } told)
            {
                Assert.Contains(ListenerFrames.UuidOf(frame), told, StringComparison.Ordinal);
            }
        }

        await using var next = await NodeChannelAsync();
        await next.AcknowledgedAsync(frame);
        Assert.Equal(new Dictionary<string, bool> { ["early"] = true }, await NodesAsync());
    }

    [Fact]
    public async Task A_heartbeat_is_the_time_of_its_receipt_and_never_goes_back()
    {
        await using var agent = await JoinAsync(ReadyNodes(1));
        var first = (DateTime)(await ConfigAsync())["last_heartbeat"]!;
        agent.Heartbeat("1999-01-01T00:00:00.000000");
        agent.Heartbeat("2999-01-01T00:00:00.000000");
        agent.Heartbeat("no time at all");
        await agent.SettlesAsync();
        await Eventually.AgreesAsync(
            async () => (DateTime)(await ConfigAsync())["last_heartbeat"]! is var now && now > first ? null : $"{now:O}", "it moves on");
        var later = (DateTime)(await ConfigAsync())["last_heartbeat"]!;
        Assert.InRange(later, first, first.AddHours(1));
        AssertContent(agent);
    }

    [Fact]
    public async Task Usage_is_shown_where_resources_are()
    {
        await using var agent = await JoinAsync(PythonNode.Ready("node-1") with { Used = (5, 2) });
        var resource = (await Server.GetAsync("/api/resources/node-1"))["resources"]!.AsArray().Single()!;
        Assert.Equal("5", Gpus(resource["usage_fields"]));
        Assert.Equal("2", Gpus(resource["non_workflow_usage_fields"]));

        agent.Use("node-1", 3, 0);
        await agent.SettlesAsync();
        resource = (await Server.GetAsync("/api/resources/node-1"))["resources"]!.AsArray().Single()!;
        Assert.Equal("3", Gpus(resource["usage_fields"]));

        // A change of the node leaves its usage alone.
        agent.Set("node-1", "Ready", "False");
        await agent.SettlesAsync();
        resource = (await Server.GetAsync("/api/resources/node-1"))["resources"]!.AsArray().Single()!;
        Assert.Equal("3", Gpus(resource["usage_fields"]));
    }

    private static string Gpus(JsonNode? fields) => fields!.AsObject().Where(field => field.Key is "nvidia.com/gpu" or "gpu")
        .Select(field => field.Value!.ToString())
        .Single();
}
