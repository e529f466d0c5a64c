using System.Collections.Concurrent;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.EndToEnd;

/// <summary>A controller in the cluster that changes labels back as soon as they are patched.</summary>
public sealed class UndoneLabelTests : IAsyncLifetime
{
    private const string Key = "osmo.nvidia.com/verified";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_label_that_is_undone_after_each_patch_is_patched_ever_less_often_and_the_node_says_who_does_it()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        var node = east.AvailableNode();
        var other = east.Cluster.Nodes.First(candidate => candidate.Name != node).Name;
        ConcurrentQueue<string> patches = new();
        var fights = true;
        east.Cluster.Patched += patch =>
        {
            patches.Enqueue(patch.Node);
            if (patch.Node == node && Volatile.Read(ref fights))
            {
                east.Cluster.SetLabel(node, Key, "mine", manager: "fighter");
            }
        };

        east.Cluster.SetLabel(node, Key, "mine", manager: "fighter");
        await Eventually.AgreesAsync(() => ErrorAsync(node, "4 times in ", "fighter"), "the node says that its label is undone");

        // One repair at once, and one after each of two pauses.
        Assert.Equal(3, patches.Count(name => name == node));
        east.Cluster.SetLabel(other, Key, null);
        await Eventually.HoldsAsync(() => patches.Contains(other), "another node's label is put right meanwhile");

        Volatile.Write(ref fights, false);
        await east.ConvergesAsync(_server, "the controller is gone");
        await Eventually.AgreesAsync(
            async () => (string?)(await _server.GetAsync($"/api/backends/east/nodes/{node}"))["label"]!["error"], "nothing is said of it");
        Assert.Empty(_server.Errors);
    }

    private async Task<string?> ErrorAsync(string node, params string[] words)
    {
        var error = (string?)(await _server.GetAsync($"/api/backends/east/nodes/{node}"))["label"]!["error"] ?? "none";
        return Array.TrueForAll(words, word => error.Contains(word, StringComparison.Ordinal)) ? null : error;
    }
}
