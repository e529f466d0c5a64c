using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.Testing;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Pods after a restore of etcd, by which resource versions go back.</summary>
public sealed class RestoredPodTests
{
    [Fact]
    public async Task They_are_followed_without_waiting_for_the_silence_of_a_watch()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync(simulated: new KubeSimOptions());
        for (int i = 0; i < 1_000; i++)
        {
            fixture.Cluster.Heartbeat("node-0");
        }

        fixture.Cluster.SetPod(Pod("before"));
        PodNames pods = new();
        using CancellationTokenSource stop = new();
        Task running = new PodReflector(fixture.Client, pods, pageItems: 10).RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => pods.Are("before"), "pods are followed");

        SimulatedCluster restored = new();
        await fixture.ReplaceServerAsync(restored);
        restored.SetPod(Pod("after"));
        await Eventually.HoldsAsync(() => pods.Are("after"), "the restored pods are known");
        restored.SetPod(Pod("later"));
        await Eventually.HoldsAsync(() => pods.Are("after", "later"), "pods are followed again");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static JsonObject Pod(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "osmo-wf" },
        ["spec"] = new JsonObject { ["nodeName"] = "node-0", ["containers"] = new JsonArray() },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    };

    private sealed class PodNames : IPodSink
    {
        private readonly ConcurrentDictionary<string, byte> _names = new(StringComparer.Ordinal);

        public bool Are(params string[] names) => _names.Keys.Order().SequenceEqual(names);

        public void Replace(IReadOnlyList<PodProjection> pods)
        {
            _names.Clear();
            foreach (PodProjection pod in pods)
            {
                Upsert(pod);
            }
        }

        public void Upsert(PodProjection pod) => _names[pod.Name] = 0;

        public void Delete(PodProjection pod) => _names.TryRemove(pod.Name, out _);
    }
}
