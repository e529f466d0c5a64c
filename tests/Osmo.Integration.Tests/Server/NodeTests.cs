using System.Text.Json.Nodes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>Nodes as an agent reports them and as the fleet routes show them, and the labels that follow.</summary>
public sealed class NodeTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_node_is_explained_with_the_rule_that_decided()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await _server.ConfigureAsync(
            "b", """{"node_conditions":{"additional_node_conditions":["Gpu*"],"ignore_node_conditions":["Some*"]}}""");
        await agent.ReportAsync(
            [
                new ScriptedNode("n1", ("Ready", "True"), ("GpuHealthy", "False"), ("SomeTransient", "True"), ("Disk", "Unknown"))
                {
                    Unschedulable = true,
                },
            ],
            snapshot: true);

        var node = await _server.GetAsync("/api/backends/b/nodes/n1");
        Assert.False((bool)node["available"]!);
        Assert.Equal(3, node["reasons"]!.AsArray().Count);
        Assert.Equal(
            ["ready_default/True", "additional_entry/False", "ignore_entry/True", "none/False"],
            node["conditions"]!.AsArray().Select(c => $"{c!["rule"]}/{((bool)c["passes"]! ? "True" : "False")}"));
        Assert.Equal("Gpu*", (string?)node["conditions"]![1]!["entry"]);
        Assert.Equal("n1", (string?)node["labels"]!["kubernetes.io/hostname"]);
        Assert.Equal("8", (string?)node["allocatable"]!["nvidia.com/gpu"]);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/backends/b/nodes/nope", null)).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/backends/nope/nodes/n1", null)).Status);
    }

    [Fact]
    public async Task Nodes_are_filtered_and_paged_in_order_of_their_names()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await agent.ReportAsync(
            Enumerable.Range(0, 25).Select(i => i % 5 == 0 ? ScriptedNode.NotReady($"n{i:D2}") : ScriptedNode.Ready($"n{i:D2}")),
            snapshot: true);

        Assert.Equal(5, await CountAsync("?available=false"));
        Assert.Equal(20, await CountAsync("?available=true"));
        Assert.Equal(5, await CountAsync("?condition=Ready%3DFalse"));
        Assert.Equal(25, await CountAsync("?condition=Ready"));
        Assert.Equal(2, await CountAsync("?labelSelector=kubernetes.io/hostname%20in%20(n01,n02)"));
        var names = new List<string>();
        var token = "";
        do
        {
            var page = await _server.GetAsync($"/api/backends/b/nodes?limit=7&continue={Uri.EscapeDataString(token)}");
            names.AddRange(page["nodes"]!.AsArray().Select(node => (string)node!["name"]!));
            token = (string?)page["continue"];
        }
        while (token is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"n{i:D2}"), names);
        foreach (var bad in (string[])["?limit=0", "?limit=x", "?available=maybe", "?labelSelector=a%3D%3D%3D(", "?continue=%25%25"])
        {
            Assert.Equal(422, (await _server.SendAsync(HttpMethod.Get, $"/api/backends/b/nodes{bad}", null)).Status);
        }
    }

    [Fact]
    public async Task A_configuration_change_judges_every_node_anew_and_labels_follow()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b", labels: true);
        await agent.ReportAsync(
            [
                new ScriptedNode("n1", ("Ready", "True"), ("Gpu", "True")) { VerifiedLabel = "False" },
                ScriptedNode.Ready("n2") with { VerifiedLabel = "True" },
            ],
            snapshot: true);
        Assert.Empty(agent.LabelUpdates);

        await _server.ConfigureAsync("b", """{"node_conditions":{"additional_node_conditions":["Gpu"]}}""");

        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 1, "the label of n1 is asked for");
        Assert.Equal(("n1", true), (agent.LabelUpdates[0].Node, agent.LabelUpdates[0].Available));
        Assert.True((bool)(await _server.GetAsync("/api/backends/b/nodes/n1"))["label"]!["pending"]!);
    }

    [Fact]
    public async Task A_label_is_asked_for_once_and_again_only_when_it_drifts()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b", labels: true);
        await agent.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 1, "the label is asked for");

        // Reports that come before the patch took effect must not ask again.
        await agent.ReportAsync([ScriptedNode.Ready("n1") with { Unschedulable = false, Labels = [("a", "b")] }]);
        Assert.Single(agent.LabelUpdates);
        await agent.ReportAsync([ScriptedNode.Ready("n1") with { VerifiedLabel = "True", Labels = null }]);
        await agent.ReportLabelAsync("n1", true, LabelResult.Types.Outcome.Applied);
        await agent.ReportAsync([ScriptedNode.Ready("n1") with { VerifiedLabel = "maybe", Labels = null }]);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "drift is healed");
        Assert.All(agent.LabelUpdates, update => Assert.True(update.Available));
    }

    [Fact]
    public async Task A_label_that_drifted_before_its_result_arrived_is_asked_for_again()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b", labels: true);
        await agent.ReportAsync([ScriptedNode.Ready("n1") with { VerifiedLabel = "False" }], snapshot: true);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 1, "the label is asked for");

        // Patched to True and set back by hand: the agent coalesced both into the state that it reported before.
        await agent.ReportLabelAsync("n1", true, LabelResult.Types.Outcome.Applied);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "the label is asked for again");
    }

    [Fact]
    public async Task A_label_that_fails_shows_why_and_is_asked_for_at_the_next_change()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b", labels: true);
        await agent.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 1, "the label is asked for");
        await agent.ReportLabelAsync("n1", true, LabelResult.Types.Outcome.GaveUp, "nodes is forbidden");
        await EventuallyErrorAsync("nodes is forbidden");

        await agent.ReportAsync([ScriptedNode.Ready("n1") with { Unschedulable = true }]);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "the label is asked for again");
        Assert.False(agent.LabelUpdates[1].Available);
    }

    [Fact]
    public async Task Labels_off_means_off_and_on_labels_the_whole_fleet()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        Assert.False(agent.Welcome!.LabelUpdates);
        await agent.ReportAsync([ScriptedNode.Ready("n1"), ScriptedNode.NotReady("n2")], snapshot: true);
        Assert.Empty(agent.LabelUpdates);

        await _server.ConfigureAsync("b", """{"services":{"backendListener":{"enable_node_label_update":true}}}""");
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "both nodes are labelled");
        Assert.Equal(["n1=True", "n2=False"], agent.LabelUpdates.Select(update => $"{update.Node}={update.Available}").Order());
        Assert.True(agent.LabelPolicies[0].Enabled);

        await _server.ConfigureAsync("b", """{"services":{"backendListener":{"enable_node_label_update":false}}}""");
        await Eventually.HoldsAsync(() => agent.LabelPolicies.Count == 2, "the agent is told");
        Assert.False(agent.LabelPolicies[1].Enabled);
        await agent.ReportAsync([ScriptedNode.NotReady("n1")]);
        Assert.Equal(2, agent.LabelUpdates.Count);
    }

    [Fact]
    public async Task A_snapshot_removes_what_vanished_and_nodes_survive_a_restart()
    {
        await using (var agent = await ScriptedAgent.JoinAsync(_server.Url, "b"))
        {
            await agent.ReportAsync([ScriptedNode.Ready("n1"), ScriptedNode.NotReady("n2"), ScriptedNode.Ready("n3")], snapshot: true);
            await agent.ReportAsync([], snapshot: false, "n3");
            Assert.Equal(2, await CountAsync(""));
        }

        await _server.RestartAsync();
        var explained = await _server.GetAsync("/api/backends/b/nodes/n2");
        Assert.False((bool)explained["available"]!);
        Assert.Equal("n2", (string?)explained["labels"]!["kubernetes.io/hostname"]);

        await using var again = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await again.ReportAsync([ScriptedNode.Ready("n2")], snapshot: true);
        Assert.Equal(1, await CountAsync(""));
        Assert.True((bool)(await _server.GetAsync("/api/backends/b/nodes/n2"))["available"]!);
        await _server.RestartAsync();
        Assert.Equal(1, await CountAsync(""));
    }

    [Fact]
    public async Task Another_cluster_that_claims_the_name_is_told_why_and_the_holder_goes_on()
    {
        await using var holder = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await using var claimant = await ScriptedAgent.ConnectAsync(_server.Url, "b", ScriptedAgent.HelloOf("b", clusterUid: "another"));
        await Eventually.HoldsAsync(() => claimant.Refusal is not null, "the claimant is refused");
        Assert.Equal(Refusal.Types.Code.ClusterConflict, claimant.Refusal!.Code);
        Assert.Contains("k8s_uid", claimant.Refusal.Message);
        await holder.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        Assert.Equal(1, await CountAsync(""));

        Assert.Equal(200, (await _server.ConfigureAsync("b", """{"k8s_uid":"another"}""")).Status);
        await Eventually.HoldsAsync(() => holder.Ended, "the former holder is sent away");
        await using var accepted = await ScriptedAgent.JoinAsync(_server.Url, "b", clusterUid: "another");
        await accepted.ReportAsync([ScriptedNode.Ready("m1")], snapshot: true);
        Assert.Equal("m1", (string?)(await NodesAsync(""))[0]!["name"]);
    }

    [Fact]
    public async Task Agents_that_break_the_protocol_are_told_what_they_did()
    {
        await using (var silent = await ScriptedAgent.ConnectAsync(_server.Url, "b", hello: null))
        {
            await silent.SendAsync(new AgentMessage { Heartbeat = new Heartbeat() });
            await Eventually.HoldsAsync(() => silent.Refusal?.Code == Refusal.Types.Code.ProtocolError, "no hello");
        }

        await using (var garbled = await ScriptedAgent.ConnectAsync(_server.Url, "b", hello: null))
        {
            await garbled.SendBytesAsync(new byte[] { 0xff, 0xff, 0xff, 0xff });
            await Eventually.HoldsAsync(() => garbled.Refusal?.Code == Refusal.Types.Code.ProtocolError, "garbage");
        }

        var hello = ScriptedAgent.HelloOf("b");
        hello.NodeConditionPrefix = "wrong/";
        await using (var badPrefix = await ScriptedAgent.ConnectAsync(_server.Url, "b", hello))
        {
            await Eventually.HoldsAsync(() => badPrefix.Refusal?.Code == Refusal.Types.Code.InvalidHello, "a bad prefix");
        }

        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        var batch = ScriptedNode.Batch(1, [ScriptedNode.Ready("n1")]);
        batch.Upserts[0].Conditions[0] = 99;
        await agent.SendAsync(new AgentMessage { Nodes = batch });
        await Eventually.HoldsAsync(() => agent.Refusal?.Code == Refusal.Types.Code.ProtocolError, "an unknown symbol");
        await EventuallyConnectedAsync(connected: false);

        await using var gap = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await gap.SendAsync(new AgentMessage { Nodes = ScriptedNode.Batch(5, [ScriptedNode.Ready("n1")]) });
        await Eventually.HoldsAsync(() => gap.Refusal?.Code == Refusal.Types.Code.ProtocolError, "a gap");
    }

    [Fact]
    public async Task A_second_agent_of_the_same_cluster_waits_until_the_first_is_gone()
    {
        await using (var first = await ScriptedAgent.JoinAsync(_server.Url, "b"))
        {
            await using var second = await ScriptedAgent.ConnectAsync(_server.Url, "b", ScriptedAgent.HelloOf("b"));
            await Eventually.HoldsAsync(() => second.Refusal?.Code == Refusal.Types.Code.Occupied, "the second is told to wait");
            await first.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        }

        await EventuallyConnectedAsync(connected: false);
        await using var third = await ScriptedAgent.JoinAsync(_server.Url, "b");
        Assert.Equal(1, await CountAsync(""));
    }

    [Fact]
    public async Task An_agent_that_connects_again_takes_over_from_itself()
    {
        var hello = ScriptedAgent.HelloOf("b");
        await using var first = await ScriptedAgent.ConnectAsync(_server.Url, "b", hello);
        await Eventually.HoldsAsync(() => first.Welcome is not null, "the agent is welcome");
        await using var second = await ScriptedAgent.ConnectAsync(_server.Url, "b", hello);
        await Eventually.HoldsAsync(() => second.Welcome is not null, "the agent is welcome again");
        await Eventually.HoldsAsync(() => first.Refusal?.Code == Refusal.Types.Code.Superseded, "the old connection ends");
    }

    [Fact]
    public async Task A_label_that_is_no_longer_wanted_is_not_asked_for_any_more()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b", labels: true);
        await agent.ReportAsync([ScriptedNode.Ready("n1") with { VerifiedLabel = "False" }], snapshot: true);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 1, "True is asked for");

        // The agent has not got round to it when the node fails again: it must hear that False is right after all.
        await agent.ReportAsync([ScriptedNode.NotReady("n1") with { VerifiedLabel = "False" }]);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "the question is replaced");
        Assert.Equal([true, false], agent.LabelUpdates.Select(update => update.Available));
        await agent.ReportLabelAsync("n1", false, LabelResult.Types.Outcome.Applied);
        await agent.ReportAsync([ScriptedNode.NotReady("n1") with { VerifiedLabel = "False", Unschedulable = true }]);
        Assert.Equal(2, agent.LabelUpdates.Count);
        Assert.False((bool)(await _server.GetAsync("/api/backends/b/nodes/n1"))["label"]!["pending"]!);
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_watched_shows_why()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await agent.SendAsync(new AgentMessage { Heartbeat = new Heartbeat { ClusterError = "connection refused" } });
        await EventuallyBackendAsync("error", "connection refused");
        await agent.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        await EventuallyBackendAsync("error", null);
    }

    [Fact]
    public async Task The_last_heartbeat_is_kept_over_a_restart()
    {
        string heard;
        await using (await ScriptedAgent.JoinAsync(_server.Url, "b"))
        {
            heard = (string)(await _server.GetAsync("/api/configs/backend/b"))["last_heartbeat"]!;
        }

        await _server.RestartAsync();
        Assert.Equal(heard, (string?)(await _server.GetAsync("/api/configs/backend/b"))["last_heartbeat"]);
    }

    [Fact]
    public async Task A_listing_knows_nodes_that_came_and_went_since_the_last_one()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await agent.ReportAsync([ScriptedNode.Ready("n1")], snapshot: true);
        Assert.Equal(1, await CountAsync(""));
        await agent.ReportAsync([ScriptedNode.Ready("n0"), ScriptedNode.Ready("n2")]);
        Assert.Equal(["n0", "n1", "n2"], (await NodesAsync("")).Select(node => (string)node!["name"]!));
        await agent.ReportAsync([], snapshot: false, "n1");
        Assert.Equal(["n0", "n2"], (await NodesAsync("")).Select(node => (string)node!["name"]!));
    }

    private async Task<JsonArray> NodesAsync(string query) => (await _server.GetAsync($"/api/backends/b/nodes{query}"))["nodes"]!.AsArray();

    private async Task<int> CountAsync(string query) => (await NodesAsync(query)).Count;

    private async Task EventuallyConnectedAsync(bool connected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((bool)(await _server.GetAsync("/api/backends/b"))["agent_connected"]! != connected)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task EventuallyBackendAsync(string field, string? value)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((string?)(await _server.GetAsync("/api/backends/b"))[field] != value)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task EventuallyErrorAsync(string error)
    {
        JsonNode? label = null;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((string?)label?["error"] != error)
        {
            deadline.Token.ThrowIfCancellationRequested();
            label = (await _server.GetAsync("/api/backends/b/nodes/n1"))["label"];
        }
    }
}
