using Osmo.Domain.Availability;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.EndToEnd;

/// <summary>The whole path: simulated cluster, agent, server and back, over real sockets; asserted on the cluster's own state.</summary>
public sealed class LabelsTests : IAsyncLifetime
{
    private const string Key = "osmo.nvidia.com/verified";
    private const string LabelsOn = """{"services":{"backendListener":{"enable_node_label_update":true}}}""";
    private const string LabelsOff = """{"services":{"backendListener":{"enable_node_label_update":false}}}""";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Labels_follow_conditions_and_cordons()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        var node = east.AvailableNode();
        Assert.Equal("True", Label(east, node));

        east.Cluster.SetCondition(node, "GpuXidError", "True");
        await LabelledAsync(east, node, "False");
        east.Cluster.SetCondition(node, "GpuXidError", "Unknown");
        east.Cluster.SetCondition(node, "GpuXidError", "False");
        east.Cluster.Cordon(node);
        await east.ConvergesAsync(_server);
        Assert.Equal("False", Label(east, node));
        east.Cluster.Cordon(node, unschedulable: false);
        await LabelledAsync(east, node, "True");
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task Labels_follow_the_configuration()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        await east.SetRulesAsync(_server, ["GpuH*", "NvlinkHealthy"], ["Infini*", "DiskPressure"]);
        await east.ConvergesAsync(_server);
        await east.SetRulesAsync(_server, [], []);
        await east.ConvergesAsync(_server);
        Assert.All(east.Cluster.Nodes, node => Assert.Equal("False", Label(east, node.Name)));
        await east.SetRulesAsync(_server, [], ["*"]);
        await east.ConvergesAsync(_server);
        Assert.All(east.Cluster.Nodes, node => Assert.Equal("True", Label(east, node.Name)));
    }

    [Fact]
    public async Task A_label_changed_or_removed_by_hand_heals()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        var nodes = east.Cluster.Nodes.Select(node => node.Name).ToArray();
        east.Cluster.SetLabel(nodes[0], Key, null);
        east.Cluster.SetLabel(nodes[1], Key, Label(east, nodes[1]) == "True" ? "False" : "True");
        east.Cluster.SetLabel(nodes[2], Key, "nonsense");
        await east.ConvergesAsync(_server);
    }

    [Fact]
    public async Task Nodes_come_go_and_come_back_as_other_machines()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        var old = east.Cluster.TryGet(east.AvailableNode())!;
        var copy = System.Text.Json.Nodes.JsonNode.Parse(old.ToJsonUtf8())!.AsObject();
        east.Cluster.RemoveNode(old.Name);
        await east.ConvergesAsync(_server);

        // Back at once, with the label of its former life, while it may not be scheduled on.
        var metadata = copy["metadata"]!.AsObject();
        metadata.Remove("resourceVersion");
        metadata["uid"] = Guid.NewGuid().ToString();
        copy["spec"]!["unschedulable"] = true;
        east.Cluster.AddNode(copy);
        await LabelledAsync(east, old.Name, "False");
        await east.ConvergesAsync(_server);
        var detail = await _server.GetAsync($"/api/backends/east/nodes/{old.Name}");
        Assert.Equal((string)metadata["uid"]!, (string?)detail["uid"]);

        // Replaced without a pause, as fast as it gets: whichever events the agent sees, the last machine counts.
        east.Cluster.RemoveNode(old.Name);
        metadata["uid"] = Guid.NewGuid().ToString();
        copy["spec"]!["unschedulable"] = false;
        east.Cluster.AddNode(copy);
        await east.ConvergesAsync(_server);
    }

    [Fact]
    public async Task Off_means_off_and_on_labels_the_fleet()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east", labels: false);
        await east.ConvergesAsync(_server);
        Assert.All(east.Cluster.Nodes, node => Assert.Null(Label(east, node.Name)));
        Assert.Equal(200, (await _server.ConfigureAsync("east", LabelsOn)).Status);
        await AllLabelledAsync(east);

        Assert.Equal(200, (await _server.ConfigureAsync("east", LabelsOff)).Status);
        await Eventually.AgreesAsync(
            async () => (bool)(await _server.GetAsync("/api/backends/east"))["label_updates"]! ? "still on" : null, "updates are off");
        var node = east.AvailableNode();
        east.Cluster.Cordon(node);
        await east.ConvergesAsync(_server);
        Assert.Equal("True", Label(east, node));

        Assert.Equal(200, (await _server.ConfigureAsync("east", LabelsOn)).Status);
        await AllLabelledAsync(east);
        Assert.Equal("False", Label(east, node));
    }

    [Fact]
    public async Task Another_prefix_at_the_agents_start_labels_anew_and_leaves_the_old_label_alone()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        await east.ConvergesAsync(_server);
        await east.StopAgentAsync();
        Assert.True(NodeConditionPrefix.TryCreate("gpu.osmo.nvidia.com/", out var prefix, out _));
        east.StartAgent(options => options with { NodeConditionPrefix = prefix });
        var node = east.AvailableNode();
        east.Cluster.Cordon(node);
        await east.ConvergesAsync(_server);
        Assert.Equal("False", east.Cluster.TryGet(node)!.Labels["gpu.osmo.nvidia.com/verified"]);
        Assert.Equal("True", Label(east, node));
        var config = await _server.GetAsync("/api/configs/backend/east");
        Assert.Equal("gpu.osmo.nvidia.com/", (string?)config["node_conditions"]!["prefix"]);
    }

    [Fact]
    public async Task Two_backends_on_one_server_are_independent()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east", seed: 1);
        await using var west = await LiveBackend.StartAsync(_server, "west", seed: 2);
        Assert.Equal(404, (await _server.ConfigureAsync("north", "{}")).Status);
        await east.ConvergesAsync(_server);
        await west.ConvergesAsync(_server);
        await west.SetRulesAsync(_server, [], ["*"]);
        await west.ConvergesAsync(_server);
        await east.ConvergesAsync(_server);

        await west.StopAgentAsync();
        west.Cluster.RemoveNode(west.Cluster.Nodes.First().Name);
        var node = east.AvailableNode();
        east.Cluster.Cordon(node);
        await LabelledAsync(east, node, "False");
        west.StartAgent();
        await west.ConvergesAsync(_server);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task A_settled_fleet_is_not_patched_again()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east", nodes: 20);
        await east.ConvergesAsync(_server);
        var patched = east.State.LabelsPatched;
        await _server.RestartAsync();
        foreach (var node in east.Cluster.Nodes)
        {
            east.Cluster.Heartbeat(node.Name);
        }

        var first = east.Cluster.Nodes.First().Name;
        east.Cluster.SetLabel(first, "rack", "r1");
        await Eventually.AgreesAsync(
            async () =>
                (string?)(await _server.GetAsync($"/api/backends/east/nodes/{first}"))["labels"]!["rack"] == "r1" ? null : "no rack yet",
            "the other label is known");
        await east.ConvergesAsync(_server);
        Assert.Equal(patched, east.State.LabelsPatched);
    }

    private static string? Label(LiveBackend backend, string node) => backend.Cluster.TryGet(node)!.Labels.GetValueOrDefault(Key);

    private static Task LabelledAsync(LiveBackend backend, string node, string value) =>
        Eventually.HoldsAsync(
            () => Label(backend, node) == value, $"{node} carries {value}", () => $"{Label(backend, node)}, {backend.State}");

    private static Task AllLabelledAsync(LiveBackend backend) =>
        Eventually.AgreesAsync(() => Task.FromResult(FleetTruth.LabelDifference(backend)), "the whole fleet is labelled");
}
