using System.Collections.Concurrent;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Integration.Tests.Kubernetes;

/// <summary>Reflector and patcher against the simulated API server, over TLS and HTTP/2.</summary>
public sealed class SimulatedServerTests
{
    [Fact]
    public async Task The_world_is_followed_through_churn_expiry_and_dropped_watches()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using KubeSimServer server = await KubeSimServer.StartAsync(new KubeSimOptions { Tls = true }, cancellation);
        for (int i = 0; i < 120; i++)
        {
            server.Cluster.AddNode(NodeJson.Realistic(i, 1));
        }

        using KubernetesClient client = new(
            new KubernetesConfiguration
            {
                Server = server.BaseUri,
                Source = "test",
                Authority = CertificateAuthority.FromPem(server.AuthorityPem!, "test"),
            },
            new KubernetesClientOptions { ListPageItems = 50 });
        World world = new();
        Reflector reflector = new(client, world, new ReflectorOptions { BackoffMsInitial = 1, BackoffMsMax = 50 });
        using CancellationTokenSource stop = new();
        Task running = reflector.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => world.Nodes.Count == 120, "all nodes are known", () => reflector.State);

        string name = world.Nodes.Keys.Order().First();
        server.Cluster.Cordon(name);
        PatchResult patched = await new NodePatcher(client).PatchLabelsAsync(
            name, [new("osmo.nvidia.com/verified", "False")], world.Nodes[name].Uid, cancellation);
        Assert.Equal(PatchOutcome.Applied, patched.Outcome);
        await Eventually.HoldsAsync(
            () => world.Nodes[name] is { Unschedulable: true } node && node.FindLabel("osmo.nvidia.com/verified") == "False",
            "cordon and label are seen",
            () => reflector.State);

        server.Faults.FailNext("watch", 1, FaultResponse.Expired);
        server.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        server.Cluster.RemoveNode(name);
        await Eventually.HoldsAsync(() => world.Nodes.Count == 119 && reflector.State.Lists == 2, "it listed again", () => reflector.State);
        Assert.Equal(server.Cluster.KubeSystemUid, await client.GetNamespaceUidAsync("kube-system", cancellation));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private sealed class World : INodeSink
    {
        public ConcurrentDictionary<string, NodeProjection> Nodes { get; } = new();

        public void Replace(IReadOnlyList<NodeProjection> nodes) => nodes.ToList().ForEach(Upsert);

        public void Upsert(NodeProjection node) => Nodes[node.Name] = node;

        public void Delete(string name, string uid) => Nodes.TryRemove(name, out _);

        public void Synced()
        {
        }
    }
}
