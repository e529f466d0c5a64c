using System.Text.Json.Nodes;
using Osmo.KubeSim.Fleet;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.EndToEnd;

/// <summary>Nodes that are legal and yet unlike all others go the whole way, and their neighbours with them.</summary>
public sealed class OddNodesTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_node_without_conditions_is_available_and_says_what_is_missing()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        var bare = NodeJson.Small("bare", 0);
        bare["status"]!.AsObject().Remove("conditions");
        bare["metadata"]!["labels"] = null;
        east.Cluster.AddNode(bare);
        await east.ConvergesAsync(_server);
        var detail = await _server.GetAsync("/api/backends/east/nodes/bare");
        Assert.True((bool)detail["available"]!);
        Assert.Contains("no Ready condition reported", detail["notes"]!.AsArray().Select(note => (string)note!));
        Assert.Equal("True", east.Cluster.TryGet("bare")!.Labels["osmo.nvidia.com/verified"]);
    }

    [Fact]
    public async Task A_node_of_more_than_a_megabyte()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        var huge = new FleetGenerator(new FleetOptions { NamePrefix = "huge" }).GenerateOversized(0);
        var name = (string)huge["metadata"]!["name"]!;
        east.Cluster.AddNode(huge);
        Assert.True(east.Cluster.TryGet(name)!.ToJsonUtf8().Length > 1_000_000);
        await east.ConvergesAsync(_server);
        east.Cluster.SetCondition(name, "GpuXidError", "True");
        await east.ConvergesAsync(_server);
        Assert.Equal("False", east.Cluster.TryGet(name)!.Labels["osmo.nvidia.com/verified"]);
    }

    [Fact]
    public async Task A_node_whose_every_label_and_condition_is_its_own()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east");
        var wide = NodeJson.Small("wide", 0);
        var conditions = wide["status"]!["conditions"]!.AsArray();
        for (var i = 0; i < 2_000; i++)
        {
            wide["metadata"]!["labels"]![$"example.com/label-{i}"] = $"value-{i}";
            conditions.Add(new JsonObject { ["type"] = $"Check{i}Ø\"<&", ["status"] = "False" });
        }

        east.Cluster.AddNode(wide);
        await east.ConvergesAsync(_server);
        var detail = await _server.GetAsync("/api/backends/east/nodes/wide");
        Assert.Equal(2_001, detail["conditions"]!.AsArray().Count);
        Assert.Equal("value-1999", (string?)detail["labels"]!["example.com/label-1999"]);
        await _server.RestartAsync();
        await east.ConvergesAsync(_server, "a restart");
    }
}
