using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>What the command line says of a backend that nobody watches.</summary>
public sealed class FreshnessTests
{
    private const string Stale = "\"as_of\":\"2026-11-21T18:37:31Z\",\"age_seconds\":200,\"stale\":true";

    [Fact]
    public async Task A_backend_is_offline_and_its_labels_unknown_as_soon_as_its_agent_has_left()
    {
        await using var server = await RunningServer.StartAsync();
        await using var backend = await LiveBackend.StartAsync(server, "isaac");
        await backend.ConvergesAsync(server);
        using var user = new OsmoUser(server.Url);
        var name = backend.AvailableNode();

        await backend.StopAgentAsync();
        await Eventually.AgreesAsync(
            async () => (bool)(await server.GetAsync("/api/backends/isaac"))["online"]! ? "online" : null, "the backend is offline");

        var status = await server.GetAsync("/api/backends/isaac");
        Assert.Null(status["labels_wrong"]);
        Assert.False((bool)status["stale"]!);
        Assert.NotNull(status["as_of"]);
        var list = await user.RunAsync("backend", "list");
        Assert.Matches(@"\nisaac +no, for \d+ s +away +6 +\d +unknown\n$", list.Out);

        // For a minute the last word counts: an agent that starts again flips no verdict.
        var node = await server.GetAsync($"/api/backends/isaac/nodes/{name}");
        Assert.Equal((true, false), ((bool)node["available"]!, (bool)node["stale"]!));
        Assert.InRange((long)node["age_seconds"]!, 0, 60);
        backend.StartAgent();
        await backend.ConvergesAsync(server);
        Assert.Matches(@"\nisaac +yes +in step +6 +\d +all right\n$", (await user.RunAsync("backend", "list")).Out);
    }

    [Fact]
    public async Task Numbers_and_verdicts_that_nobody_watches_say_how_old_they_are()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/backends", $$"""
                {"backends":[
                  {"name":"east","online":false,"agent_connected":false,"agent_synced":false,"nodes":2000,"available":1,
                   "label_updates":true,"labels_wrong":null,{{Stale}}},
                  {"name":"north","online":true,"agent_connected":true,"agent_synced":true,"nodes":3,"available":2,
                   "label_updates":true,"labels_wrong":0,{{Stale}}},
                  {"name":"west","online":false,"agent_connected":true,"agent_synced":true,"nodes":3,"available":2,
                   "label_updates":false,"labels_wrong":0,"as_of":null,"age_seconds":null,"stale":true}]}
                """)
            .On("GET /api/backends/east", $$"""{"name":"east",{{Stale}}}""")
            .On("GET /api/backends/east/nodes", $$"""
                {"nodes":[
                  {"name":"a","available":true,"reasons":[],{{Stale}}},
                  {"name":"b","available":false,"reasons":["cordoned"],{{Stale}}},
                  {"name":"c","available":true,"reasons":[],"stale":false}],"continue":null}
                """)
            .On("GET /api/backends/east/nodes/a", $$"""
                {"backend":"east","name":"a","available":true,"reasons":[],"notes":["nobody watches"],"conditions":[],
                 "label":{"key":"osmo.nvidia.com/verified","wanted":"True","seen":"True","pending":false,"error":null},{{Stale}}}
                """);
        using var user = new OsmoUser(gateway.Url);

        var list = await user.RunAsync("backend", "list");
        Assert.Matches(@"\neast +no, for 3 min +away +was 2,000 +was 1 +unknown\n", list.Out);
        Assert.Matches(@"\nnorth +yes +cannot watch +was 3 +was 2 +all right\nwest +no +silent +3 +2 +off\n$", list.Out);

        var nodes = await user.RunAsync("node", "list", "east");
        Assert.Matches(@"\neast +a +unknown \(yes 3 min ago\)\neast +b +unknown \(no 3 min ago\) +cordoned\neast +c +yes\n", nodes.Out);
        Assert.EndsWith("3 nodes: 1 available, 0 unavailable, 2 unknown\n", nodes.Out, StringComparison.Ordinal);

        var explained = await user.RunAsync("explain", "node", "a", "--backend", "east");
        Assert.StartsWith(
            "Node         east/a\nAvailable    unknown (yes 3 min ago)\nNote         nobody watches\n"
                + "Label        osmo.nvidia.com/verified is True, as of 3 min ago\n",
            explained.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_of_nodes_shows_when_nobody_watches_them_any_more()
    {
        var isStale = false;
        string Told() => Volatile.Read(ref isStale) ? Stale : "\"age_seconds\":1,\"stale\":false";
        await using var gateway = new ScriptedGateway()
            .On("GET /api/watch", ": watching\n\n")
            .On("GET /api/backends", _ => (200, $$"""{"backends":[{"name":"east",{{Told()}}}]}"""))
            .On("GET /api/backends/east", _ => (200, $$"""{"name":"east",{{Told()}}}"""))
            .On("GET /api/backends/east/nodes", _ => (200, $$"""
                {"nodes":[{"name":"a","available":true,"reasons":[],{{Told()}}}],"continue":null}
                """));
        using var user = new OsmoUser(gateway.Url);

        await using var watch = user.StartOnTerminal("node", "list", "east", "--watch");
        await watch.ShowsAsync("a      yes");
        Volatile.Write(ref isStale, true);
        await watch.ShowsAsync("unknown (yes 3 min ago)");
        await watch.TypeAsync("\u0003");

        Assert.Equal(130, await watch.EndsAsync());
    }
}
