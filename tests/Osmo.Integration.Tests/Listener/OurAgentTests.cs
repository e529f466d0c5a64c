using Osmo.Agent;
using Osmo.Domain.Backends;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Our own agent in OSMO's listener protocol against our own gateway.</summary>
public sealed class OurAgentTests : ListenerScene
{
    [Fact]
    public async Task It_registers_agrees_and_outlives_the_servers_restart()
    {
        // Without labels: a server does not store them, and nobody repeats what it has acknowledged.
        await using LiveBackend backend = await StartAsync(labels: false);
        await AgreesAsync(backend);
        Assert.Equal("6.4.0", (string?)(await ConfigAsync(backend.Name))["version"]);

        string[] nodes = [.. backend.Cluster.Nodes.Select(node => node.Name)];
        backend.Cluster.SetCondition(nodes[0], "Ready", "Unknown");
        backend.Cluster.Cordon(nodes[1]);
        backend.Cluster.RemoveNode(nodes[2]);
        await AgreesAsync(backend);

        await Server.CloseAsync();
        backend.Cluster.SetCondition(nodes[0], "Ready", "True");
        backend.Cluster.RemoveNode(nodes[3]);
        await Server.OpenAsync();
        await AgreesAsync(backend);
        Assert.Empty(Server.Errors);
    }

    [Fact]
    public async Task Both_forms_of_the_configuration_reach_it()
    {
        await using LiveBackend backend = await StartAsync();
        await AgreesAsync(backend);
        await backend.SetRulesAsync(Server, ["*"], ["MemoryPressure"]);
        await AgreesAsync(backend);
        await backend.SetRulesAsync(Server, [], ["Gpu*", "DiskPressure"]);
        await AgreesAsync(backend);
    }

    [Fact]
    public async Task A_backend_goes_from_one_of_our_protocols_to_the_other_and_back()
    {
        await using LiveBackend backend = await StartAsync();
        await AgreesAsync(backend);
        foreach (AgentProtocol protocol in (AgentProtocol[])[AgentProtocol.Channel, AgentProtocol.Listener])
        {
            await backend.StopAgentAsync();
            backend.StartAgent(options => options with { Protocol = protocol });
            backend.Cluster.Cordon(backend.Cluster.Nodes.First().Name, unschedulable: protocol == AgentProtocol.Channel);
            await AgreesAsync(backend);
            await Eventually.HoldsAsync(() => backend.State.IsConnected, "the agent of the other kind is let in", () => backend.State);
        }
    }

    private Task<LiveBackend> StartAsync(bool labels = true) => LiveBackend.StartAsync(
        Server,
        "east",
        nodes: 8,
        labels,
        options: options => options with { Protocol = AgentProtocol.Listener, Listener = new ListenerOptions { User = "agent" } });

    private Task AgreesAsync(LiveBackend backend) =>
        Eventually.AgreesAsync(() => FleetTruth.DifferenceAsync(backend, Server), "the server agrees with the cluster");
}
