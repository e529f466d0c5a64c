using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Pools;

/// <summary>Pools as OSMO's clients ask for them, with the nodes that a real agent channel reported.</summary>
public sealed class PoolRouteTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private ScriptedAgent _agent = null!;
    private ScriptedAgent _west = null!;

    private string Authority => _server.Url.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _agent = await ScriptedAgent.JoinAsync(_server.Url, "east");
        _west = await ScriptedAgent.JoinAsync(_server.Url, "west");
        await _agent.ReportAsync(
            [Node("gpu-1", "h100"), Node("gpu-2", "h100"), Node("cpu-1", "none"), ScriptedNode.NotReady("gpu-3")], snapshot: true);
        await PutPoolsAsync(
            """
            {"pools": {
              "robots": {"backend": "east", "description": "For robots", "platforms": {"h100": {"labels": {"gpu": "h100"}}}},
              "train": {
                "backend": "east", "resources": {"gpu": {"maximum": 4}},
                "platforms": {"any": {}, "h100": {"labels": {"gpu": "h100"}}}},
              "cars": {"backend": "west", "enable_maintenance": true, "platforms": {"default": {}}}}}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _west.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Pools_are_listed_with_their_status()
    {
        var pools = (await _server.GetAsync($"{Authority}//api/pool"))["pools"]!.AsObject();
        Assert.Equal(["cars", "default", "robots", "train"], pools.Select(pool => pool.Key));
        Assert.Equal(["MAINTENANCE", "OFFLINE", "ONLINE", "ONLINE"], pools.Select(pool => (string)pool.Value!["status"]!));
        Assert.Equal(["robots", "For robots", "east"], Texts(pools["robots"]!, "name", "description", "backend"));
        var some = await _server.GetAsync("/api/pool?pools=train&pools=nosuch");
        Assert.Equal(["train"], some["pools"]!.AsObject().Select(pool => pool.Key));
    }

    [Fact]
    public async Task Pools_that_share_nodes_stand_together_with_their_GPUs()
    {
        var answer = await _server.GetAsync($"{Authority}//api/pool_quota?all_pools=True");
        var sets = answer["node_sets"]!.AsArray().Select(set => set!["pools"]!.AsArray()).ToArray();
        Assert.Equal(["cars", "default", "robots train"], sets.Select(set => string.Join(' ', set.Select(pool => (string)pool!["name"]!))));
        Assert.Equal(["16", "16", "16", "0"], Usage(sets[2][0]!["resource_usage"]!));
        Assert.Equal(["4", "24", "24", "0"], Usage(sets[2][1]!["resource_usage"]!));
        Assert.Equal(["20", "24", "24", "0"], Usage(answer["resource_sum"]!));
        Assert.Empty((await _server.GetAsync("/api/pool_quota?pools=nosuch"))["node_sets"]!.AsArray());
    }

    [Fact]
    public async Task The_available_nodes_of_pools_are_listed()
    {
        var nodes = (await _server.GetAsync("/api/resources?pools=robots&all_pools=False"))["resources"]!.AsArray();
        Assert.Equal(["gpu-1", "gpu-2"], nodes.Select(node => (string)node!["hostname"]!));
        var node = nodes[0]!;
        Assert.Equal(["SHARED", "east"], Texts(node, "resource_type", "backend"));
        Assert.Equal(["gpu-1", "31", "15", "100", "8"], Texts(node["exposed_fields"]!, "node", "cpu", "memory", "storage", "gpu"));
        Assert.Equal(
            ["robots/h100", "train/any", "train/h100"], node["exposed_fields"]!["pool/platform"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(["31", "16384000Ki", "104857600Ki", "8"], Texts(node["allocatable_fields"]!, "cpu", "memory", "storage", "gpu"));
        Assert.Equal("8", (string)node["platform_allocatable_fields"]!["train"]!["any"]!["gpu"]!);
        Assert.False((bool)node["config_fields"]!["train"]!["any"]!["privileged"]!);
        Assert.Equal("0Ki", (string)node["usage_fields"]!["memory"]!);
    }

    [Fact]
    public async Task Platforms_and_all_pools_narrow_and_widen_the_list()
    {
        Assert.Equal(["gpu-1", "gpu-2"], await NamesAsync("/api/resources?pools=train&platforms=h100"));
        Assert.Equal(["cpu-1", "gpu-1", "gpu-2"], await NamesAsync("/api/resources?pools=train"));
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, "/api/configs/pool/train", "{}")).Status);
        Assert.Equal(["cpu-1", "gpu-1", "gpu-2"], await NamesAsync("/api/resources?all_pools=True"));
        var unused = (await _server.GetAsync("/api/resources/cpu-1"))["resources"]![0]!;
        Assert.Equal("UNUSED", (string)unused["resource_type"]!);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/resources?pools=nosuch", null)).Status);
    }

    [Fact]
    public async Task A_node_is_found_by_its_name_in_every_backend()
    {
        await _west.ReportAsync([ScriptedNode.NotReady("gpu-1")], snapshot: true);
        var found = (await _server.GetAsync("/api/resources/gpu-1"))["resources"]!.AsArray();
        Assert.Equal(["east", "west"], found.Select(node => (string)node!["backend"]!));
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/resources/nosuch", null)).Status);
    }

    private static ScriptedNode Node(string name, string gpu) => ScriptedNode.Ready(name) with
    {
        Labels = [("gpu", gpu)],
        Allocatable =
        [
            ("cpu", "31850m"), ("memory", "16384000Ki"), ("ephemeral-storage", "100Gi"), ("nvidia.com/gpu", "8"),
        ],
    };

    private static IEnumerable<string> Texts(JsonNode node, params string[] names) => names.Select(name => (string)node[name]!);

    private static IEnumerable<string> Usage(JsonNode usage) => Texts(usage, "quota_limit", "total_capacity", "total_free", "total_usage");

    private async Task<IEnumerable<string>> NamesAsync(string path) =>
        (await _server.GetAsync(path))["resources"]!.AsArray().Select(node => (string)node!["hostname"]!);

    private async Task PutPoolsAsync(string document)
    {
        var (status, body, _) = await _server.SendAsync(
            HttpMethod.Put, "/api/configs/pool", $$"""{"configs": {{JsonNode.Parse(document)!["pools"]!.ToJsonString()}} }""");
        Assert.True(status == 200, $"{status} {body}");
    }
}
