using Osmo.Testing;
using Osmo.Testing.Network;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Fault.Tests.EndToEnd;

/// <summary>The server, the agent or the line between the two goes away while the cluster churns; all converges afterwards.</summary>
public sealed class ChannelFaultTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_server_restarts()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        for (var i = 0; i < 3; i++)
        {
            await _server.CloseAsync();
            await east.ChurnsAsync();
            await _server.OpenAsync();
            await east.ChurnsAsync();
        }

        await east.ConvergesAsync(_server, "restarts of the server");
    }

    [Fact]
    public async Task The_agent_restarts()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        for (var i = 0; i < 3; i++)
        {
            await east.Backend.StopAgentAsync();
            await east.ChurnsAsync();
            east.Backend.StartAgent();
            await east.ChurnsAsync();
        }

        await east.ConvergesAsync(_server, "restarts of the agent");
    }

    [Fact]
    public async Task The_connection_is_cut_again_and_again()
    {
        await using var proxy = TcpProxy.InFrontOf(_server.Url);
        await using var east = await ChurningBackend.StartAsync(_server, "east", gateway: proxy.Url);
        for (var i = 0; i < 5; i++)
        {
            var before = proxy.Connections;
            proxy.Cut();
            await Eventually.HoldsAsync(() => proxy.Connections > before, "the agent connects again");
            await east.ChurnsAsync(10);
        }

        await east.ConvergesAsync(_server, "cut connections");
    }

    [Fact]
    public async Task The_way_to_the_gateway_is_refused_for_a_while()
    {
        await using var proxy = TcpProxy.InFrontOf(_server.Url);
        await using var east = await ChurningBackend.StartAsync(_server, "east", gateway: proxy.Url);
        proxy.Refuses = true;
        proxy.Cut();
        await east.ChurnsAsync(60);
        proxy.Refuses = false;
        await east.ConvergesAsync(_server, "refused connections");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task The_line_is_stalled_and_heals(bool toServer, bool toClient)
    {
        await using var proxy = TcpProxy.InFrontOf(_server.Url);
        await using var east = await ChurningBackend.StartAsync(_server, "east", gateway: proxy.Url);
        proxy.StallsToServer = toServer;
        proxy.StallsToClient = toClient;
        await east.ChurnsAsync(200);
        proxy.StallsToServer = false;
        proxy.StallsToClient = false;
        await east.ConvergesAsync(_server, "a stalled line");
    }

    [Fact]
    public async Task A_line_that_is_stalled_in_one_direction_and_then_cut()
    {
        await using var proxy = TcpProxy.InFrontOf(_server.Url);
        await using var east = await ChurningBackend.StartAsync(_server, "east", gateway: proxy.Url);
        proxy.StallsToClient = true;
        await east.ChurnsAsync(60);
        var before = proxy.Connections;
        proxy.Cut();
        proxy.StallsToClient = false;
        await Eventually.HoldsAsync(() => proxy.Connections > before, "the agent connects again");
        await east.ConvergesAsync(_server, "acknowledgements that were lost");
    }
}
