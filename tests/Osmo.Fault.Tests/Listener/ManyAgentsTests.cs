using Osmo.Fault.Tests.Cluster;
using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Listener;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Listener;

/// <summary>A whole fleet of Python agents on one gateway, all at once: 2,500 sockets.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ManyAgentsTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Agents = 500;
    private const int Nodes = 4;

    [Fact]
    public async Task Five_hundred_agents_register_report_and_are_told_of_a_change()
    {
        var random = new Random(Seed.Next(output.WriteLine));
        await using var rig = await ClusterRig.StartAsync(await postgres.ServerAsync(), new ClusterOptions { Silos = 2, Gateways = 1 });
        await using var fleet = await PythonFleet.StartAsync(rig.GatewayUrls, Agents, Nodes);
        await fleet.AgreesAsync(rig.Api);

        fleet.Change(random, 4);
        await fleet.ConfigureAsync(rig.Api, "GpuHealthy");
        await fleet.SettlesAsync();
        await fleet.AgreesAsync(rig.Api);

        // All of them come back at once, as after a restart of the gateway.
        foreach (var agent in fleet.Agents)
        {
            agent.Cut();
        }

        await Eventually.HoldsAsync(
            () => fleet.Agents.All(agent => agent.Channels.All(channel => channel is { Connections: > 1, IsConnected: true })),
            "all are back",
            () => fleet.Agents.Count(agent => agent.Channels.Any(channel => channel.Connections < 2)));
        fleet.Change(random, 4);
        await fleet.ConfigureAsync(rig.Api, "NvlinkHealthy");
        await fleet.SettlesAsync();
        await fleet.AgreesAsync(rig.Api);
        Assert.Empty(rig.Crashes());
    }
}
