using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Cuts, and what an agent sends again after them.</summary>
public sealed class ReplayTests : ListenerScene
{
    [Fact]
    public async Task An_agent_stops_at_a_hundred_messages_and_goes_on_with_their_acknowledgements()
    {
        await using var proxy = TcpProxy.InFrontOf(Server.Url);
        await using var agent = await PythonAgent.JoinAsync(Options() with { Host = proxy.Url }, ReadyNodes(2));
        proxy.StallsToClient = true;
        var sent = agent["node"].Sent;
        for (var i = 0; i < 150; i++)
        {
            agent.Set("node-1", "DiskPressure", i % 2 == 0 ? "True" : "False");
        }

        await Eventually.HoldsAsync(() => agent["node"].Unacked == 100, "a hundred are open", () => agent);
        Assert.Equal(sent + 100, agent["node"].Sent);
        proxy.StallsToClient = false;
        await agent.SettlesAsync();
        Assert.Equal(sent + 150, agent["node"].Sent);
        await agent.AgreesAsync(Server);
        AssertContent(agent);
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_after_a_cut_and_is_applied_once()
    {
        await using var proxy = TcpProxy.InFrontOf(Server.Url);
        await using var agent = await PythonAgent.JoinAsync(Options() with { Host = proxy.Url }, ReadyNodes(3));
        for (var round = 0; round < 10; round++)
        {
            proxy.StallsToClient = true;
            for (var i = 0; i < 40; i++)
            {
                agent.Set($"node-{1 + (i % 3)}", "DiskPressure", (i + round) % 2 == 0 ? "True" : "False");
            }

            await Eventually.HoldsAsync(() => agent["node"].Unacked > 0, "some are open", () => agent);
            proxy.Cut();
            proxy.StallsToClient = false;
            await agent.SettlesAsync();
            await agent.AgreesAsync(Server);
        }

        Assert.True(agent["node"].StaleRepeats > 0, "no message was repeated that was acknowledged before");
        AssertContent(agent);
    }

    [Fact]
    public async Task A_cut_in_the_midst_of_a_burst_loses_nothing()
    {
        await using var proxy = TcpProxy.InFrontOf(Server.Url);
        await using var agent = await PythonAgent.JoinAsync(Options() with { Host = proxy.Url }, ReadyNodes(5));
        var random = new Random(Seed.Next(TestContext.Current.TestOutputHelper!.WriteLine));
        for (var round = 0; round < 30; round++)
        {
            for (var i = random.Next(1, 60); i > 0; i--)
            {
                agent.Set($"node-{random.Next(1, 6)}", "DiskPressure", random.Next(2) == 0 ? "True" : "False");
            }

            if (random.Next(3) == 0)
            {
                agent.Refresh();
            }

            proxy.Cut();
        }

        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        AssertContent(agent);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(700, false)]
    [InlineData(700, true)]
    public async Task A_stale_repeat_is_acknowledged_and_not_applied(int messagesBefore, bool restart)
    {
        var old = ListenerFrames.Resource("node-1", false, "Ready", "DiskPressure");
        await using (var first = await NodeChannelAsync())
        {
            await SendManyAsync(first, messagesBefore);

            // It arrives, but the agent's connection ends before the acknowledgement.
            await first.AcknowledgedAsync(old);
        }

        await using (var second = await NodeChannelAsync())
        {
            await second.AcknowledgedAsync(old);
            await SendManyAsync(second, 700);

            await second.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready"));
        }

        if (restart)
        {
            await Server.RestartAsync();
        }

        await using var third = await NodeChannelAsync();
        await third.AcknowledgedAsync(ListenerFrames.Logging("before it"));
        await third.AcknowledgedAsync(old);
        Assert.True((await NodesAsync())["node-1"]);

        // The node is not frozen either.
        await third.AcknowledgedAsync(ListenerFrames.Resource("node-1", false, "Ready", "DiskPressure"));
        Assert.False((await NodesAsync())["node-1"]);
    }

    [Fact]
    public async Task A_stale_deletion_or_list_does_not_remove_a_node_that_came_back()
    {
        var deletion = ListenerFrames.Delete("node-1");
        var list = ListenerFrames.NodeHash("node-2");
        await using (var first = await NodeChannelAsync())
        {
            await first.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready"));
            await first.AcknowledgedAsync(ListenerFrames.Resource("node-2", true, "Ready"));
            await first.AcknowledgedAsync(deletion);
            await first.AcknowledgedAsync(list);
            await first.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready"));
        }

        await using var second = await NodeChannelAsync();
        await second.AcknowledgedAsync(deletion);
        await second.AcknowledgedAsync(list);
        Assert.Equal(["node-1", "node-2"], (await NodesAsync()).Keys.Order());
    }

    [Fact]
    public async Task An_agent_lives_through_a_restart_of_the_server_and_what_it_was_told_is_kept()
    {
        await using var agent = await JoinAsync(ReadyNodes(3));
        await SetListsAsync(["GpuHealthy"], []);
        for (var round = 1; round <= 2; round++)
        {
            agent.Set("node-1", "DiskPressure", round % 2 == 0 ? "False" : "True");
            await Server.CloseAsync();
            agent.Set("node-2", "DiskPressure", round % 2 == 0 ? "False" : "True");
            await Server.OpenAsync();
            await agent.SettlesAsync();
            await agent.AgreesAsync(Server);
        }

        AssertContent(agent);
    }

    private static async Task SendManyAsync(ListenerSocket channel, int messages)
    {
        var frames = Enumerable.Range(0, messages).Select(i => ListenerFrames.Resource("node-2", i % 2 == 0, "Ready")).ToArray();
        foreach (var window in frames.Chunk(100))
        {
            foreach (var frame in window)
            {
                await channel.SendAsync(frame);
            }

            foreach (var frame in window)
            {
                await channel.ExpectAckAsync(ListenerFrames.UuidOf(frame));
            }
        }
    }
}
