using System.Net.WebSockets;
using System.Text;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Network;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Fault.Tests.Server;

/// <summary>One backend's misbehaving agent is that backend's trouble alone.</summary>
[Collection(MeasuredCollection.Name)]
public sealed class BulkheadTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private ScriptedAgent _good = null!;
    private int _reports;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _good = await ScriptedAgent.JoinAsync(_server.Url, "good", labels: true);
        await _good.ReportAsync([ScriptedNode.Ready("a")], snapshot: true);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        Assert.False(_good.Ended);
        await _good.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Garbage_is_refused_and_disturbs_nobody()
    {
        const byte GroupThatNeverEnds = 0x0b;
        var random = new Random(1);
        for (var i = 0; i < 20; i++)
        {
            await using var bad = i % 2 == 0
                ? await ScriptedAgent.JoinAsync(_server.Url, "bad")
                : await ScriptedAgent.ConnectAsync(_server.Url, "bad", hello: null);
            var garbage = new byte[random.Next(1, 5_000)];
            random.NextBytes(garbage);
            garbage[0] = GroupThatNeverEnds;
            await bad.SendBytesAsync(garbage);
            await Eventually.HoldsAsync(() => bad.Refusal is not null, "the garbage is refused");
            Assert.Equal(Refusal.Types.Code.ProtocolError, bad.Refusal!.Code);
            await GoodWorksAsync();
        }
    }

    [Fact]
    public async Task Frames_that_are_too_large_or_text_end_the_connection()
    {
        await using var large = await ScriptedAgent.JoinAsync(_server.Url, "bad");
        try
        {
            await large.SendBytesAsync(new byte[FrameConnection.FrameBytesMax * 2]);
        }
        catch (WebSocketException)
        {
            // Cut off before the end.
        }

        await Eventually.HoldsAsync(() => large.Ended, "the connection is ended");
        using var text = new ClientWebSocket();
        text.Options.AddSubProtocol(AgentChannel.SubProtocol);
        var address = new UriBuilder(_server.Url) { Scheme = "ws", Path = $"{AgentChannel.Path}/bad" }.Uri;
        await text.ConnectAsync(address, TestContext.Current.CancellationToken);
        await text.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var answer = await text.ReceiveAsync(new byte[1_000], TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketMessageType.Close, answer.MessageType);
        await GoodWorksAsync();
    }

    [Fact]
    public async Task A_flood_is_taken_in_order_and_does_not_starve_others()
    {
        const int Batches = 1_000;
        await using var flood = await ScriptedAgent.JoinAsync(_server.Url, "flood");
        var flooding = Task.Run(
            async () =>
            {
                for (var i = 0; i < Batches; i++)
                {
                    Func<string, ScriptedNode> node = i % 2 == 0 ? ScriptedNode.Ready : ScriptedNode.NotReady;
                    await flood.PostAsync(Enumerable.Range(0, 20).Select(number => node($"node-{number}")));
                }
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            await GoodWorksAsync();
        }

        await flooding;
        await flood.AcknowledgedAsync(Batches);
        Assert.False(flood.Ended);
    }

    [Fact]
    public async Task An_agent_that_does_not_read_costs_one_update_per_node_and_blocks_nobody()
    {
        const int Nodes = 4_000;
        const int FlipsBefore = 20;
        const int Flips = 150;

        // A queue of them all would hold more than twice this.
        const long GrowthBytesMax = 12 * 1024 * 1024;
        await using var proxy = TcpProxy.InFrontOf(_server.Url);
        await using var slow = await ScriptedAgent.JoinAsync(proxy.Url, "slow", labels: true);
        await slow.ReportAsync(Enumerable.Range(0, Nodes).Select(number => ScriptedNode.Ready($"node-{number}")), snapshot: true);
        await Eventually.HoldsAsync(() => slow.LabelUpdates.Count >= Nodes, "the fleet is to be labelled");
        proxy.StallsToClient = true;

        // The log of events is full of this fleet's after a few.
        await FlipAsync(FlipsBefore);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await FlipAsync(Flips);
        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.SendDiagnosticMessage($"grown by {growth} bytes");
        Assert.True(growth < GrowthBytesMax, $"{growth} bytes more after {Flips} changes of {Nodes} labels that nobody reads");

        proxy.StallsToClient = false;
        await FlipAsync(1);
        await Eventually.HoldsAsync(
            () => slow.LabelUpdates.GroupBy(update => update.Node).Count(node => !node.Last().Available) == Nodes,
            "every node's last update is the newest",
            () => slow.LabelUpdates.Count);

        async Task FlipAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                // DiskPressure is False on every node: required to be True it makes all unavailable.
                var rules = i % 2 == 0 ? """["DiskPressure"]""" : "[]";
                var change = $$$"""{"node_conditions":{"additional_node_conditions":{{{rules}}}}}""";
                Assert.Equal(200, (await _server.ConfigureAsync("slow", change)).Status);
                await GoodWorksAsync();
            }
        }
    }

    private async Task GoodWorksAsync()
    {
        await _good.ReportAsync([++_reports % 2 == 0 ? ScriptedNode.Ready("a") : ScriptedNode.NotReady("a")]);
        Assert.False(_good.Ended);
    }
}
