using Osmo.Testing;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Who an agent is: registration, another cluster under the same name, deleted backends.</summary>
public sealed class RegistrationTests : ListenerScene
{
    private static readonly string[] AllChannels = ["control", "pod", "node", "event", "heartbeat"];

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("6.4.0")]
    public async Task An_unknown_backend_is_404_and_the_listener_registers_it_by_itself(string version)
    {
        await using var agent = await PythonAgent.JoinAsync(Options(version: version), ReadyNodes(3));

        Assert.Equal(404, agent.ConfigStatus);
        await agent.AgreesAsync(Server);
        var backend = await ConfigAsync();
        Assert.Equal("uid-of-isaac", (string?)backend["k8s_uid"]);
        Assert.Equal("osmo-wf", (string?)backend["k8s_namespace"]);
        Assert.Equal(version, (string?)backend["version"]);
        Assert.Equal("osmo.nvidia.com/", (string?)backend["node_conditions"]!["prefix"]);
        Assert.True((bool)backend["online"]!);
        AssertContent(agent);

        // The second start finds it.
        await using var next = await PythonAgent.StartAsync(Options(version: version));
        Assert.Equal(200, next.ConfigStatus);
    }

    [Fact]
    public async Task Five_sockets_that_say_who_they_are_at_once_register_once()
    {
        for (var i = 0; i < 10; i++)
        {
            var name = $"backend-{i}";
            var sockets = await Task.WhenAll(AllChannels.Select(channel => ListenerSocket.ConnectAsync(Server.Url, channel, name)));
            await Task.WhenAll(sockets.Select(socket => socket.SendAsync(ListenerFrames.Init(ListenerFrames.UidOf(name)))));
            foreach (var (socket, channel) in sockets.Zip(AllChannels))
            {
                if (channel == "control")
                {
                    Assert.Equal("node_conditions", (string?)(await socket.NextJsonAsync())["type"]);
                }
                else
                {
                    await socket.AcknowledgedAsync(ListenerFrames.Logging("here"));
                }

                await socket.DisposeAsync();
            }

            var created = (await HistoryAsync(name)).Where(text => text.StartsWith("Create", StringComparison.Ordinal));
            Assert.Equal([$"Create backend {name}"], created);
        }
    }

    [Fact]
    public async Task A_known_backend_keeps_its_history_over_reconnects()
    {
        await using (var first = await JoinAsync(ReadyNodes(1)))
        {
            AssertContent(first);
        }

        var before = await HistoryAsync();
        await using var second = await JoinAsync(ReadyNodes(1));
        second.Cut();
        await Eventually.HoldsAsync(() => second.Channels.All(channel => channel.Connections == 2), "it is back", () => second);
        await second.SettlesAsync();
        Assert.Equal(before, await HistoryAsync());
    }

    [Fact]
    public async Task A_new_version_or_namespace_is_taken_over()
    {
        await using (await JoinAsync(ReadyNodes(1)))
        {
        }

        var before = await HistoryAsync();
        await using var second = await PythonAgent.JoinAsync(Options() with { Version = "6.4.0", Namespace = "other-wf" }, ReadyNodes(1));
        await Eventually.AgreesAsync(
            async () => (string?)(await ConfigAsync())["version"] is var version and not "6.4.0" ? $"version {version}" : null,
            "the version is the new one");
        Assert.Equal("other-wf", (string?)(await ConfigAsync())["k8s_namespace"]);
        Assert.Single((await HistoryAsync()).Skip(before.Length));
        AssertContent(second);
    }

    [Fact]
    public async Task The_prefix_does_not_flip_between_worker_and_listener()
    {
        await using var agent = await PythonAgent.JoinAsync(Options() with { Prefix = "gpu.osmo.nvidia.com/" }, ReadyNodes(1));
        Assert.Equal("gpu.osmo.nvidia.com/", (string?)(await ConfigAsync())["node_conditions"]!["prefix"]);
        var before = await HistoryAsync();
        for (var i = 0; i < 3; i++)
        {
            await using var worker = await ListenerSocket.JoinAsync(Server.Url, "worker", Backend);
            Assert.Equal("""{"type":"heartbeat"}""", (await worker.NextJsonAsync()).ToJsonString());
            agent.Cut();
            await Eventually.HoldsAsync(() => agent.Channels.All(channel => channel.Connections >= i + 2), "it is back", () => agent);
            await agent.SettlesAsync();
        }

        Assert.Equal("gpu.osmo.nvidia.com/", (string?)(await ConfigAsync())["node_conditions"]!["prefix"]);
        Assert.Equal(before, await HistoryAsync());
    }

    [Fact]
    public async Task A_worker_is_greeted_registers_and_is_never_acknowledged()
    {
        await using var worker = await ListenerSocket.ConnectAsync(Server.Url, "worker", Backend);
        Assert.Equal("""{"type":"heartbeat"}""", (await worker.NextJsonAsync()).ToJsonString());
        await worker.SendAsync(ListenerFrames.Logging("Starting service ..."));
        await worker.SendAsync(ListenerFrames.Init(ListenerFrames.UidOf(Backend)));
        await worker.SendAsync(ListenerFrames.Logging("after"));
        await worker.SendAsync(ListenerFrames.Of("job_status", []));
        await Eventually.AgreesAsync(async () => { await ConfigAsync(); return null; }, "the worker has registered");

        // Its next start is answered by the heartbeat again, and by nothing else.
        await using var next = await ListenerSocket.JoinAsync(Server.Url, "worker", Backend);
        Assert.Equal("""{"type":"heartbeat"}""", (await next.NextJsonAsync()).ToJsonString());
        worker.Cut();
        Assert.Null(await worker.NextAsync());
    }

    [Fact]
    public async Task Another_cluster_is_refused_on_every_channel_with_the_reason()
    {
        await using var owner = await JoinAsync(ReadyNodes(2));
        var before = (await ConfigAsync()).ToJsonString();
        foreach (var channel in AllChannels.Append("worker"))
        {
            await using var stranger = await ListenerSocket.JoinAsync(Server.Url, channel, Backend, clusterUid: "another");
            var (code, reason) = await stranger.ClosedAsync();
            Assert.True(code == 4000, $"{channel}: {code} {reason}");
            Assert.Contains("cluster", reason, StringComparison.OrdinalIgnoreCase);
            while (await stranger.NextAsync() is { } told)
            {
                Assert.True(channel == "worker", $"{channel}: the stranger was told {told}");
            }
        }

        await using var agent = await PythonAgent.StartAsync(Options() with { ClusterUid = "another" }, PythonNode.Ready("theirs"));
        await ClosedByServerAsync(agent, AllChannels);
        Assert.Empty(agent.Pushes);
        Assert.Equal(["node-1", "node-2"], (await NodesAsync()).Keys.Order());
        owner.Set("node-1", "Ready", "False");
        await owner.SettlesAsync();
        await owner.AgreesAsync(Server);
        Assert.Equal(before.Split("last_heartbeat")[0], (await ConfigAsync()).ToJsonString().Split("last_heartbeat")[0]);
        AssertContent(owner);
    }

    [Fact]
    public async Task The_agent_of_a_deleted_backend_is_told_and_may_register_anew()
    {
        await using var agent = await JoinAsync(ReadyNodes(2));
        var (status, _, _) = await Server.SendAsync(HttpMethod.Delete, $"/api/configs/backend/{Backend}", """{"description":"gone"}""");
        Assert.Equal(200, status);
        await ClosedByServerAsync(agent, "node", "control");
        Assert.Contains(agent.Closes, close => close.Reason?.Contains("deleted", StringComparison.OrdinalIgnoreCase) == true);
        AssertContent(agent);
    }

    [Theory]
    [InlineData("-a")]
    [InlineData("a_b")]
    [InlineData("UPPER")]
    public async Task A_name_that_no_backend_can_have_is_refused_at_the_handshake(string name)
    {
        var status = await ListenerSocket.HandshakeAsync(Server.Url, ListenerSocket.PathOf("node", name), ("x-osmo-user", "agent"));
        Assert.InRange(status, 400, 499);
    }
}
