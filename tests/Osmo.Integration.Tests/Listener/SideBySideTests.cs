using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Listener;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Agents of three kinds on one gateway, and backends that change from one kind to another.</summary>
public sealed class SideBySideTests : ListenerScene
{
    [Fact]
    public async Task Three_kinds_of_agents_report_at_once_and_each_is_told_in_its_own_words()
    {
        await using var guides = await PythonAgent.JoinAsync(Options("guides"), ReadyNodes(3));
        await using var today = await PythonAgent.JoinAsync(Options("today", "6.4.0"), ReadyNodes(3));
        await using var live = await LiveBackend.StartAsync(Server, "live");
        await live.ConvergesAsync(Server);
        await SetListsAsync(["GpuHealthy"], ["DiskPressure"], "guides");
        await SetListsAsync(["GpuHealthy"], ["DiskPressure"], "today");
        await live.SetRulesAsync(Server, ["GpuHealthy"], ["DiskPressure"]);
        guides.Set("node-1", "DiskPressure", "True");
        today.Set("node-1", "DiskPressure", "True");
        await Eventually.HoldsAsync(() => guides.Pushes.Count > 1 && today.Pushes.Count > 1, "both are told", () => $"{guides} {today}");
        await guides.SettlesAsync();
        await today.SettlesAsync();
        await guides.AgreesAsync(Server);
        await today.AgreesAsync(Server);
        await live.ConvergesAsync(Server);
        Assert.True((await NodesAsync("guides"))["node-1"]);
        Assert.True((await NodesAsync("today"))["node-1"]);
        AssertContent(guides);
        AssertContent(today);
        Assert.Empty(Server.Errors);
    }

    [Fact]
    public async Task A_backend_goes_over_to_our_agent_and_back_and_keeps_configuration_and_history()
    {
        await using (var before = await JoinAsync(ReadyNodes(3)))
        {
            await SetListsAsync(["GpuHealthy"], ["SomeTransient*"]);
            AssertContent(before);
        }

        var history = await HistoryAsync();
        await using (var ours = await ScriptedAgent.JoinAsync(Server.Url, Backend))
        {
            ScriptedNode[] nodes = [ScriptedNode.Ready("node-1"), ScriptedNode.NotReady("node-2")];
            await ours.ReportAsync(nodes, snapshot: true);
            Assert.Equal(new Dictionary<string, bool> { ["node-1"] = true, ["node-2"] = false }, await NodesAsync());
            Assert.Equal("GpuHealthy", (string?)(await ConfigAsync())["node_conditions"]!["additional_node_conditions"]![0]);
        }

        await using var again = await JoinAsync(ReadyNodes(3));
        await again.AgreesAsync(Server);
        Assert.Equal("""{"available_conditions":["GpuHealthy"],"ignore_conditions":["SomeTransient*"]}""", again.Pushes[0]);
        Assert.Equal(history, (await HistoryAsync()).Take(history.Length));
        Assert.Single(await HistoryAsync(), text => text.StartsWith("Create", StringComparison.Ordinal));
        again.Set("node-2", "Ready", "False");
        await again.SettlesAsync();
        await again.AgreesAsync(Server);
        AssertContent(again);
    }

    [Fact]
    public async Task A_backend_may_upgrade_its_agent_while_its_lists_stay()
    {
        await using (await JoinAsync(ReadyNodes(2)))
        {
            await SetListsAsync(["GpuHealthy"], []);
        }

        var node = PythonNode.Ready("node-1").With("GpuHealthy", "True");
        await using (var today = await PythonAgent.JoinAsync(Options(version: "6.4.0"), node))
        {
            await today.AgreesAsync(Server);
            Assert.True((await NodesAsync())["node-1"]);
            AssertContent(today);
        }

        await using var back = await JoinAsync(node);
        Assert.Equal("""{"available_conditions":["GpuHealthy"],"ignore_conditions":[]}""", back.Pushes[0]);
        AssertContent(back);
    }

    [Fact]
    public async Task Another_cluster_may_not_take_the_name_with_an_agent_of_the_other_kind()
    {
        await using var python = await JoinAsync(ReadyNodes(1));
        await using var ours = await ScriptedAgent.ConnectAsync(
            Server.Url, Backend, ScriptedAgent.HelloOf(Backend, clusterUid: "another"));
        await Eventually.HoldsAsync(() => ours.Refusal is not null, "ours is refused");

        await using var mine = await ScriptedAgent.JoinAsync(Server.Url, "mine");
        await using var stranger = await ListenerSocket.JoinAsync(Server.Url, "node", "mine", clusterUid: "another");
        Assert.Equal(4000, (await stranger.ClosedAsync()).Code);
    }
}
