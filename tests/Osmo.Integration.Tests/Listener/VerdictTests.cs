using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>The agent's word beside our own judgement of what it tells.</summary>
public sealed class VerdictTests : ListenerScene
{
    private const string Judged = "judged";

    [Fact]
    public async Task An_agents_no_is_kept_where_what_it_tells_speaks_for_the_node()
    {
        // It tells only the names of conditions that are True: this one is False, and only the agent knows.
        await using var agent = await JoinAsync(PythonNode.Ready("node-1").With("Ready", "False"));
        var node = await ExplainAsync("node-1");
        Assert.False((bool)node["available"]!);
        Assert.False((bool)node["agent_verdict"]!);
        Assert.False((bool)node["agent_disagrees"]!);
        Assert.Contains("agent", Assert.Single(Texts(node["reasons"])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_on_which_both_agree_has_nothing_to_tell()
    {
        await using var agent = await JoinAsync(PythonNode.Ready("node-1"));
        var node = await ExplainAsync("node-1");
        Assert.True((bool)node["available"]!);
        Assert.True((bool)node["agent_verdict"]!);
        Assert.False((bool)node["agent_disagrees"]!);
        Assert.Empty(Texts(node["reasons"]));
        Assert.Equal("listener", (string?)(await Server.GetAsync($"/api/backends/{Backend}"))["agent_protocol"]);
    }

    [Fact]
    public async Task A_disagreement_is_shown_counted_and_measured_until_it_is_over()
    {
        await using var channel = await NodeChannelAsync(Judged);
        await channel.AcknowledgedAsync(ListenerFrames.Resource("good", true, "Ready"));
        await channel.AcknowledgedAsync(ListenerFrames.Resource("odd", true, "Ready", "DiskPressure"));
        Assert.Equal(new Dictionary<string, bool> { ["good"] = true, ["odd"] = false }, await NodesAsync(Judged));
        var node = await ExplainAsync("odd", Judged);
        Assert.True((bool)node["agent_verdict"]!);
        Assert.True((bool)node["agent_disagrees"]!);
        Assert.Contains("DiskPressure", Assert.Single(Texts(node["reasons"])), StringComparison.Ordinal);
        Assert.Contains("agent", Assert.Single(Texts(node["notes"])), StringComparison.Ordinal);
        Assert.Equal(1, (int)(await Server.GetAsync($"/api/backends/{Judged}"))["agent_disagreements"]!);
        Assert.Equal(1, Measured());

        await SetListsAsync([], ["DiskPressure"], Judged);
        Assert.True((await NodesAsync(Judged))["odd"]);
        Assert.Equal(0, (int)(await Server.GetAsync($"/api/backends/{Judged}"))["agent_disagreements"]!);
        Assert.Equal(0, Measured());
    }

    [Fact]
    public async Task The_agents_word_is_kept_over_a_restart()
    {
        await using (var channel = await NodeChannelAsync())
        {
            await channel.AcknowledgedAsync(ListenerFrames.Resource("no", false, "Ready"));
            await channel.AcknowledgedAsync(ListenerFrames.Resource("odd", true, "Ready", "DiskPressure"));
        }

        await Server.RestartAsync();
        Assert.Equal(new Dictionary<string, bool> { ["no"] = false, ["odd"] = false }, await NodesAsync());
        Assert.False((bool)(await ExplainAsync("no"))["agent_verdict"]!);
        Assert.True((bool)(await ExplainAsync("odd"))["agent_disagrees"]!);
    }

    [Fact]
    public async Task A_new_configuration_counts_at_once_where_it_forbids_and_with_the_agents_word_where_it_allows()
    {
        await using var channel = await NodeChannelAsync();
        await channel.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready", "GpuHealthy"));
        Assert.False((await NodesAsync())["node-1"]);
        await channel.AcknowledgedAsync(ListenerFrames.Resource("node-1", false, "Ready", "GpuHealthy"));
        await SetListsAsync(["GpuHealthy"], []);
        Assert.False((await NodesAsync())["node-1"]);
        await channel.AcknowledgedAsync(ListenerFrames.Resource("node-1", true, "Ready", "GpuHealthy"));
        Assert.True((await NodesAsync())["node-1"]);
        await SetListsAsync([], []);
        Assert.False((await NodesAsync())["node-1"]);
    }

    private static int Measured()
    {
        // Of all servers in this process; the backend's name tells this one.
        var nodes = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "osmo.node.disagreements")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            foreach (var (key, backend) in tags)
            {
                nodes += key == "backend" && (string?)backend == Judged ? value : 0;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return nodes;
    }

    private Task<JsonNode> ExplainAsync(string node, string backend = Backend) => Server.GetAsync($"/api/backends/{backend}/nodes/{node}");

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(entry => (string)entry!)];
}
