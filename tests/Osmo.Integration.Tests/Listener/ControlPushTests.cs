using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>What the control channel tells: on connect, and at each change.</summary>
public sealed class ControlPushTests : ListenerScene
{
    private const string Empty = """{"available_conditions":[],"ignore_conditions":[]}""";

    private static readonly JsonSerializerOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Lists_are_pushed_on_connect_and_at_each_change()
    {
        await using var agent = await JoinAsync(PythonNode.Ready("node-1").With("GpuHealthy", "True"));
        Assert.Equal(Empty, agent.Pushes[0]);
        Assert.False((await NodesAsync())["node-1"]);

        await SetListsAsync(["GpuHealthy"], ["NetworkUnavailable", "SomeTransient*"]);
        await PushedAsync(agent, """{"available_conditions":["GpuHealthy"],"ignore_conditions":["NetworkUnavailable","SomeTransient*"]}""");
        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        Assert.True((await NodesAsync())["node-1"]);

        await SetListsAsync([], []);
        await PushedAsync(agent, Empty);
        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        AssertContent(agent);
    }

    [Fact]
    public async Task A_change_of_something_else_is_not_pushed()
    {
        await using var agent = await JoinAsync(ReadyNodes(1));
        Assert.Equal(200, (await Server.ConfigureAsync(Backend, """{"description":"new"}""")).Status);
        await SetListsAsync(["A"], []);
        await PushedAsync(agent, """{"available_conditions":["A"],"ignore_conditions":[]}""");
        Assert.Equal(2, agent.Pushes.Count);
    }

    [Fact]
    public async Task An_agent_of_today_gets_rules_that_mean_the_same_as_the_lists()
    {
        PythonNode[] nodes =
        [
            PythonNode.Ready("plain"),
            PythonNode.Ready("healthy").With("GpuHealthy", "True"),
            PythonNode.Ready("sick").With("GpuHealthy", "False"),
            PythonNode.Ready("unknown").With("GpuHealthy", "Unknown"),
            PythonNode.Ready("transient").With("SomeTransientThing", "True"),
            PythonNode.Ready("network").With("NetworkUnavailable", "True"),
            PythonNode.Ready("longer").With("NetworkUnavailable2", "True"),
            PythonNode.Ready("not-ready").With("Ready", "False"),
        ];
        await using var old = await PythonAgent.JoinAsync(Options("old"), nodes);
        await using var today = await PythonAgent.JoinAsync(Options("today", "6.4.0"), nodes);
        (string[], string[])[] changes =
        [
            ([], []), (["GpuHealthy"], ["NetworkUnavailable", "SomeTransient*"]), (["Gpu*"], []), (["*"], []), ([], ["Network*"]),
            (["GpuHealthy"], ["Gpu*"]),
        ];
        foreach (var (additional, ignore) in changes)
        {
            var before = today.Pushes.Count;
            await SetListsAsync(additional, ignore, "old");
            await SetListsAsync(additional, ignore, "today");
            await Eventually.HoldsAsync(
                () => today.Pushes.Count > before || (additional, ignore) is ([], []),
                $"[{string.Join(' ', additional)}] is pushed",
                () => today);
            await old.SettlesAsync();
            await today.SettlesAsync();
            await old.AgreesAsync(Server);
            await today.AgreesAsync(Server);
            Assert.Equal(await NodesAsync("old"), await NodesAsync("today"));
        }

        AssertContent(old);
        AssertContent(today);
    }

    [Fact]
    public async Task Rules_are_pushed_as_they_were_written_and_read_alike_by_agent_and_server()
    {
        const string Rules = """{"^Disk":"False|Unknown","Gpu.*Healthy$":"True","Memory(?:Pressure)?$":"False","NoSuch":"True"}""";
        await using var agent = await PythonAgent.JoinAsync(
            Options(version: "6.4.0"),
            PythonNode.Ready("plain"),
            PythonNode.Ready("unknown-disk").With("DiskPressure", "Unknown"),
            PythonNode.Ready("full-disk").With("DiskPressure", "True"),
            PythonNode.Ready("other-disk").With("MyDiskPressure", "True"),
            PythonNode.Ready("sick").With("GpuNvlinkHealthy", "False"),
            PythonNode.Ready("healthy").With("GpuNvlinkHealthy", "True"),
            PythonNode.Ready("no-say").With("GpuHealthyNot", "Unknown"),
            PythonNode.Ready("no-memory").With("MemoryPressure", "True"),
            PythonNode.Ready("not-ready").With("Ready", "Unknown"));
        var (status, body, _) = await Server.ConfigureAsync(Backend, $$$"""{"node_conditions":{"rules":{{{Rules}}}}}""");
        Assert.True(status == 200, $"{status} {body?.ToJsonString()}");
        await Eventually.HoldsAsync(() => agent.Pushes.Count > 1, "the rules are pushed", () => agent);
        Assert.Equal(Rules, JsonNode.Parse(agent.Pushes[^1])!["rules"]!.ToJsonString(Relaxed));
        await agent.SettlesAsync();
        await agent.AgreesAsync(Server);
        var available = (await NodesAsync()).Where(node => node.Value).Select(node => node.Key).Order();
        Assert.Equal(["healthy", "no-say", "other-disk", "plain", "unknown-disk"], available);

        await using var next = await PythonAgent.StartAsync(Options(version: "6.4.0"));
        Assert.False(next.Conditions.Available(PythonNode.Ready("full-disk").With("DiskPressure", "True")));
        AssertContent(agent);
    }

    [Fact]
    public async Task Both_generations_start_with_the_right_conditions()
    {
        await using (await JoinAsync(ReadyNodes(1)))
        {
            await SetListsAsync(["GpuHealthy"], []);
        }

        var node = PythonNode.Ready("node-1").With("GpuHealthy", "True");
        foreach (var version in new[] { "1.0.0", "6.4.0" })
        {
            await using var agent = await PythonAgent.StartAsync(Options(version: version));
            Assert.Equal(200, agent.ConfigStatus);
            Assert.True(agent.Conditions.Available(node), $"{version} starts with {agent.Conditions.Text}");
        }
    }

    [Fact]
    public async Task A_version_that_is_no_number_gets_both_forms()
    {
        await using var control = await ListenerSocket.JoinAsync(Server.Url, "control", Backend, version: "custom-build");
        string[][] keys = [await KeysAsync(control), await KeysAsync(control)];
        Assert.Contains(keys, found => found is ["rules"]);
        Assert.Contains(keys, found => found is ["available_conditions", "ignore_conditions"]);
    }

    [Fact]
    public async Task Nothing_but_pushes_comes_over_the_control_channel()
    {
        await using var control = await ListenerSocket.JoinAsync(Server.Url, "control", Backend);
        Assert.Equal(Empty, (await control.NextJsonAsync())["body"]!.ToJsonString());
        await control.SendAsync(ListenerFrames.Logging("a line"));
        await control.SendAsync(ListenerFrames.Heartbeat());
        await SetListsAsync(["A"], []);
        var frame = await control.NextJsonAsync();
        Assert.Equal("node_conditions", (string?)frame["type"]);
        Assert.Equal(["type", "body", "uuid"], frame.Select(field => field.Key));
    }

    [Fact]
    public async Task No_push_is_lost_over_reconnects()
    {
        // The recorded service loses one for each earlier reconnect.
        await using var proxy = TcpProxy.InFrontOf(Server.Url);
        await using var agent = await PythonAgent.JoinAsync(Options() with { Host = proxy.Url }, ReadyNodes(2));
        for (var round = 0; round < 15; round++)
        {
            if (round % 2 == 0)
            {
                agent["control"].Cut();
            }
            else
            {
                proxy.Cut();
            }

            await SetListsAsync([$"Condition{round}"], []);
            await Eventually.HoldsAsync(
                () => agent.Pushes[^1].Contains($"Condition{round}\"", StringComparison.Ordinal), $"push {round} arrives", () => agent);
        }

        await agent.SettlesAsync();
        AssertContent(agent);
    }

    [Fact]
    public async Task The_newer_control_socket_is_told_where_the_older_one_is_dead()
    {
        await using var proxy = TcpProxy.InFrontOf(Server.Url);
        await using var dead = await ListenerSocket.JoinAsync(proxy.Url, "control", Backend);
        await dead.NextJsonAsync();
        proxy.StallsToServer = true;
        proxy.StallsToClient = true;

        await using var live = await ListenerSocket.JoinAsync(Server.Url, "control", Backend);
        await live.NextJsonAsync();
        for (var round = 0; round < 5; round++)
        {
            await SetListsAsync([$"Condition{round}"], []);
            Assert.Contains($"Condition{round}", (await live.NextJsonAsync()).ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_slow_reader_gets_the_latest_in_the_end_and_holds_nobody_up()
    {
        await using var agent = await JoinAsync(ReadyNodes(1));
        await using var other = await PythonAgent.JoinAsync(Options("other"), ReadyNodes(1));
        agent["control"].PauseReading();
        var many = Enumerable.Range(0, 60).Select(i => $"Condition{i}{new string('x', 80)}").ToArray();
        for (var round = 0; round < 120; round++)
        {
            await SetListsAsync([$"Round{round}", .. many], []);
        }

        await SetListsAsync(["Last"], []);
        agent.Set("node-1", "Ready", "False");
        await agent.SettlesAsync();
        await SetListsAsync(["Other"], [], "other");
        await PushedAsync(other, """{"available_conditions":["Other"],"ignore_conditions":[]}""");

        agent["control"].ResumeReading();
        await PushedAsync(agent, """{"available_conditions":["Last"],"ignore_conditions":[]}""");
        AssertContent(agent);
    }

    [Fact]
    public async Task Changes_at_once_leave_every_agent_with_the_last()
    {
        var agents = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => PythonAgent.JoinAsync(Options($"backend-{i}"), ReadyNodes(1))));
        await Task.WhenAll(agents.SelectMany(agent => Enumerable.Range(0, 10).Select(i => SetListsAsync([$"C{i}"], [], agent.Backend))));
        foreach (var agent in agents)
        {
            var last = (string)(await ConfigAsync(agent.Backend))["node_conditions"]!["additional_node_conditions"]![0]!;
            await Eventually.HoldsAsync(
                () => agent.Pushes[^1].Contains($"\"{last}\"", StringComparison.Ordinal), "the last one arrives", () => agent);
            AssertContent(agent);
            await agent.DisposeAsync();
        }
    }

    private static Task PushedAsync(PythonAgent agent, string body) =>
        Eventually.HoldsAsync(() => agent.Pushes[^1] == body, $"{body} is pushed", () => $"{agent.Pushes[^1]}; {agent}");

    private static async Task<string[]> KeysAsync(ListenerSocket control) =>
        [.. (await control.NextJsonAsync())["body"]!.AsObject().Select(field => field.Key)];
}
