using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Agents that send nonsense: they get what they deserve, and nobody else notices.</summary>
public sealed class HostileFrameTests : ListenerScene
{
    private const int MutationsPerChannel = 150;
    private const int LargeBytes = 5 * 1024 * 1024;

    private static readonly string[] ChannelNames = ["node", "pod", "event", "heartbeat", "message", "control", "worker"];

    private PythonAgent _neighbour = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _neighbour = await PythonAgent.JoinAsync(Options("neighbour"), ReadyNodes(2));
    }

    public override async ValueTask DisposeAsync()
    {
        await _neighbour.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("""{"type": 5, "body": {}, "uuid": "0123456789abcdef0123456789abcdef"}""")]
    [InlineData("""{"type": "resource", "body": {}, "uuid": 7}""")]
    [InlineData("""{"type": "resource", "body": {} "uuid": "a"}""")]
    public async Task A_frame_that_is_no_envelope_ends_its_own_socket_with_a_reason(string text)
    {
        await using var socket = await NodeChannelAsync();
        await socket.SendAsync(text);
        var (code, reason) = await socket.ClosedAsync();
        Assert.Equal(4000, code);
        Assert.InRange(Encoding.UTF8.GetByteCount(reason!), 1, 123);
        await UndisturbedAsync();
    }

    [Theory]
    [InlineData("resource", """{}""")]
    [InlineData("resource", """{"hostname": null, "available": true}""")]
    [InlineData("resource", """{"hostname": "a", "available": "yes", "conditions": []}""")]
    [InlineData("resource", """{"hostname": "a", "available": true, "conditions": "Ready"}""")]
    [InlineData("resource", """{"hostname": "a", "available": true, "conditions": [1, null]}""")]
    [InlineData("resource", """{"hostname": "a", "available": true, "conditions": [], "label_fields": [], "taints": {}}""")]
    [InlineData("resource", """{"hostname": "a", "available": true, "conditions": [], "taints": [{"effect": 1, "key": {}}]}""")]
    [InlineData("resource", """{"hostname": "a\ud800", "available": true, "conditions": [], "label_fields": {}, "taints": []}""")]
    [InlineData("resource_usage", """{"hostname": "a", "usage_fields": {"cpu": 1e400}}""")]
    [InlineData("delete_resource", """{"resource": ["a"]}""")]
    [InlineData("node_hash", """{"node_hashes": "all"}""")]
    [InlineData("node_hash", """{"node_hashes": [null]}""")]
    [InlineData("logging", """{"type": "loud", "text": {}}""")]
    [InlineData("heartbeat", """{"time": 12345678901234567890123456789}""")]
    [InlineData("update_pod", """[]""")]
    [InlineData("nothing_we_know", """{"a": {"b": [1, 2, 3]}}""")]
    [InlineData("init", """{"k8s_uid": "another"}""")]
    public async Task A_message_that_cannot_be_understood_is_acknowledged_so_that_it_cannot_poison_the_channel(string type, string body)
    {
        var uuid = ListenerFrames.NewUuid();
        var frame = $$"""{"type": "{{type}}", "body": {{body}}, "uuid": "{{uuid}}"}""";
        await using var socket = await NodeChannelAsync();
        await socket.AcknowledgedAsync(ListenerFrames.Resource("kept", true, "Ready"));
        await socket.SendAsync(frame);
        if (type != "init")
        {
            Assert.Equal(uuid, (string?)(await socket.NextJsonAsync())["body"]!["uuid"]);
            await socket.AcknowledgedAsync(ListenerFrames.Logging("it goes on"));
        }

        Assert.True((await NodesAsync())["kept"]);
        await UndisturbedAsync();
    }

    [Fact]
    public async Task Keys_that_nobody_knows_are_passed_over()
    {
        await using var socket = await NodeChannelAsync();
        var body = PythonNode.Ready("node-1").ResourceBody(available: true);
        body["brand_new"] = new JsonObject { ["deep"] = new JsonArray(1, 2) };
        await socket.AcknowledgedAsync(ListenerFrames.Of("resource", body));
        Assert.True((await NodesAsync())["node-1"]);
    }

    [Fact]
    public async Task Deep_large_and_binary_frames_end_at_most_their_own_socket()
    {
        var deep = $$$"""{"type": "resource", "body": {{{new string('[', 100_000)}}}{{{new string(']', 100_000)}}}, "uuid": "u"}""";
        var large = ListenerFrames.Logging(new string('x', LargeBytes));
        (byte[] Bytes, WebSocketMessageType Type)[] frames =
        [
            (Encoding.UTF8.GetBytes(deep), WebSocketMessageType.Text),
            (Encoding.UTF8.GetBytes(large), WebSocketMessageType.Text),
            (Encoding.UTF8.GetBytes(ListenerFrames.Logging("as bytes")), WebSocketMessageType.Binary),
            ([0, 255, 254, 253], WebSocketMessageType.Binary),
            ([(byte)'{', 0xC3, 0x28, (byte)'}'], WebSocketMessageType.Text),
            ([], WebSocketMessageType.Text),
        ];
        foreach (var (bytes, type) in frames)
        {
            await using var socket = await NodeChannelAsync();
            await socket.TrySendAsync(bytes, type);

            // Either it is acknowledged, or the socket is closed; then the agent's next one works.
            if (await socket.NextAsync() is null)
            {
                await using var next = await NodeChannelAsync();
            }

            await UndisturbedAsync();
        }
    }

    [Fact]
    public async Task A_list_of_many_nodes_is_one_frame()
    {
        var names = Enumerable.Range(0, 20_000).Select(i => $"node-of-a-large-cluster-{i:00000}.example.com").ToArray();
        await using var socket = await NodeChannelAsync();
        await socket.AcknowledgedAsync(ListenerFrames.Resource(names[0], true, "Ready"));
        await socket.AcknowledgedAsync(ListenerFrames.Resource("other", true, "Ready"));
        await socket.AcknowledgedAsync(ListenerFrames.NodeHash(names));
        Assert.Equal([names[0]], (await NodesAsync()).Keys);
    }

    [Fact]
    public async Task Mutated_frames_crash_nothing()
    {
        var random = new Random(Seed.Next(TestContext.Current.TestOutputHelper!.WriteLine));
        var mutator = new FrameMutator(random);
        foreach (var channel in ChannelNames)
        {
            ListenerSocket? socket = null;
            for (var i = 0; i < MutationsPerChannel; i++)
            {
                if (socket is null || socket.Ended.IsCompleted)
                {
                    await (socket?.DisposeAsync() ?? default);
                    socket = await ListenerSocket.ConnectAsync(Server.Url, channel, "hostile");
                    if (random.Next(4) > 0)
                    {
                        await socket.TrySendAsync(Encoding.UTF8.GetBytes(ListenerFrames.Init("uid-of-hostile")));
                    }
                }

                await socket.TrySendAsync(mutator.Next(), random.Next(20) == 0 ? WebSocketMessageType.Binary : WebSocketMessageType.Text);
            }

            await socket!.DisposeAsync();
            await UndisturbedAsync();
        }

        // The hostile one may come to its senses.
        await using var sane = await NodeChannelAsync("hostile");
        await sane.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready"));
        await sane.AcknowledgedAsync(ListenerFrames.NodeHash("node-1"));
        Assert.Equal(["node-1"], (await NodesAsync("hostile")).Keys);

        // What it logs as an error itself is handed on as one.
        Assert.DoesNotContain(Server.Errors, error => !error.Contains("Agent of backend hostile", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_nonsense_does_not_flood_the_log()
    {
        const int Frames = 3_000;
        const int LinesMax = 300;
        using var folder = new ScratchFolder();
        await using var process = await ServerProcess.StartAsync(folder.Of("data"));
        await using var socket = await ListenerSocket.JoinAsync(process.Url, "node", Backend);
        for (var i = 0; i < Frames; i++)
        {
            await socket.SendAsync(ListenerFrames.Of(i % 2 == 0 ? "nonsense" : "resource", new JsonObject { ["number"] = i }));
            await socket.NextJsonAsync();
        }

        await using var chatter = await ListenerSocket.JoinAsync(process.Url, "event", Backend);
        for (var i = 0; i < Frames; i++)
        {
            await chatter.AcknowledgedAsync(ListenerFrames.Logging($"line {i}", level: 40));
        }

        Assert.InRange(process.ErrorLines.Count + process.Lines.Count, 0, LinesMax);
    }

    private async Task UndisturbedAsync()
    {
        _neighbour.Set("node-1", "DiskPressure", _neighbour.Nodes[0].Conditions.Contains(("DiskPressure", "True")) ? "False" : "True");
        await _neighbour.SettlesAsync();
        Assert.All(_neighbour.Channels, channel => Assert.Equal(1, channel.Connections));
        AssertContent(_neighbour);
    }
}
