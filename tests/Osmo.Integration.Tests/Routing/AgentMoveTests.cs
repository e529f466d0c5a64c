using Osmo.Agent;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Integration.Tests.Routing;

/// <summary>An agent's connection follows its backend from silo to silo.</summary>
public sealed class AgentMoveTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_agent_goes_on_at_the_new_owner_over_the_same_connection()
    {
        await using var cluster = await TestCluster.StartAsync();
        var engine = cluster.AddGateway().Engine;
        await using var gateway = await AgentGateway.StartAsync(engine, cluster.Store);
        await using var rig = await RealAgent.StartAsync(gateway.Url, nodes: 20);
        await ServesAsync(engine, 20);

        await cluster.MoveAsync(cluster.Silos[1]);
        rig.Kube.Cluster.AddNode(NodeJson.Small("late", 0));
        await ServesAsync(engine, 21);
        Assert.Equal("silo-2", (await engine.GetBackend(RealAgent.Backend).PingAsync(Cancel)).Silo);
        Assert.Equal(1, rig.Agent.State.Connections);
        Assert.Equal(1, rig.Agent.State.Restarts);
        Assert.Equal(1, gateway.Connections);

        await cluster.MoveAsync(cluster.Silos[0]);
        await Eventually.HoldsAsync(() => rig.Agent.State.Restarts == 2, "the agent follows back");
        await ServesAsync(engine, 21);
        Assert.Equal(1, rig.Agent.State.Connections);
    }

    [Fact]
    public async Task The_agent_follows_from_a_grain_of_the_same_process_too()
    {
        await using var cluster = await TestCluster.StartAsync();
        var engine = cluster.Silos[0].Engine;
        await using var gateway = await AgentGateway.StartAsync(engine, cluster.Store);
        await using var rig = await RealAgent.StartAsync(gateway.Url, nodes: 5);
        await ServesAsync(engine, 5);
        Assert.Equal(0, cluster.Silos[0].Proxy.Connections);

        await cluster.MoveAsync(cluster.Silos[1]);
        await Eventually.HoldsAsync(() => rig.Agent.State.Restarts == 1, "the agent begins anew");
        await ServesAsync(engine, 5);
        await cluster.MoveAsync(cluster.Silos[0]);
        await Eventually.HoldsAsync(() => rig.Agent.State.Restarts == 2, "the agent follows back");
        await ServesAsync(engine, 5);
        Assert.Equal(1, rig.Agent.State.Connections);
    }

    [Fact]
    public async Task The_agent_stays_connected_while_its_silo_cannot_be_reached()
    {
        await using var cluster = await TestCluster.StartAsync();
        var engine = cluster.AddGateway().Engine;
        await using var gateway = await AgentGateway.StartAsync(engine, cluster.Store);
        await using var rig = await RealAgent.StartAsync(gateway.Url, nodes: 5);
        await ServesAsync(engine, 5);

        cluster.Silos[0].Proxy.Refuses = true;
        cluster.Silos[0].Proxy.Cut();
        rig.Kube.Cluster.AddNode(NodeJson.Small("meanwhile", 0));
        await cluster.MoveAsync(cluster.Silos[1]);
        await ServesAsync(engine, 6);
        Assert.Equal(1, rig.Agent.State.Connections);
        Assert.Equal("silo-2", (await engine.GetBackend(RealAgent.Backend).PingAsync(Cancel)).Silo);
    }

    private static Task ServesAsync(IGrainEngine engine, int nodes) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                var status = await engine.GetBackend(RealAgent.Backend).GetAsync(Cancel);
                return status.Nodes == nodes && status is { AgentConnected: true, AgentSynced: true } ? null : status.ToString();
            }
            catch (Osmo.Grains.Errors.OsmoException failure)
            {
                return failure.Message;
            }
        },
        $"the backend has {nodes} nodes and its agent is in step");

    /// <summary>The agent itself, with a simulated cluster.</summary>
    private sealed class RealAgent : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        private RealAgent(KubeSimServer kube, AgentOptions options)
        {
            Kube = kube;
            Agent = new BackendAgent(options, KubernetesConfiguration.ForServer(kube.BaseUri));
            _running = Task.Run(() => Agent.RunAsync(_stop.Token));
        }

        public static BackendName Backend { get; } = BackendName.Parse("east");

        public KubeSimServer Kube { get; }

        public BackendAgent Agent { get; }

        public static async Task<RealAgent> StartAsync(Uri gateway, int nodes)
        {
            var kube = await KubeSimServer.StartAsync();
            for (var i = 0; i < nodes; i++)
            {
                kube.Cluster.AddNode(NodeJson.Small($"node-{i}", 0));
            }

            return new RealAgent(kube, new AgentOptions { Host = gateway, Backend = Backend.Value, Namespace = "workflows" });
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            Agent.Dispose();
            _stop.Dispose();
            await Kube.DisposeAsync();
        }
    }
}
