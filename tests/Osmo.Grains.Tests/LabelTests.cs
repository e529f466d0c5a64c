using Osmo.Grains.Nodes;
using Osmo.Grains.Tests.Rigs;
using Osmo.Testing;

namespace Osmo.Grains.Tests;

/// <summary>When a node's label is asked for, and when it is not.</summary>
public sealed class LabelTests(GrainFixture fixture) : IClassFixture<GrainFixture>
{
    [Fact]
    public async Task A_label_that_is_on_its_way_is_not_asked_for_again()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false));
        Assert.Equal(1, await agent.SettledAsync("n"));
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false) with { Unschedulable = true });
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false) with { Unschedulable = true });
        await agent.ReportAsync(GrainCluster.Report("n", healthy: false));
        Assert.Equal(1, await agent.SettledAsync("n"));
        Assert.True((await agent.ExplainAsync("n")).Label.Pending);
        Assert.Equal(new LabelUpdate("n", "u", Available: false), agent.Observer.Labels["n"]);
    }

    [Fact]
    public async Task A_label_that_is_right_is_not_asked_for()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("good", label: "True"), GrainCluster.Report("bad", healthy: false, label: "False"));
        Assert.Equal(0, await agent.SettledAsync("good"));
        Assert.Equal(0, agent.AskedFor("bad"));
        var label = (await agent.ExplainAsync("bad")).Label;
        Assert.Equal(("False", "False", false), (label.Wanted, label.Seen, label.Pending));
    }

    [Fact]
    public async Task A_label_that_is_confirmed_is_done_and_one_that_is_edited_by_hand_is_put_right()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.ReportAsync(GrainCluster.Report("n", label: "True"));
        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
        Assert.Equal(1, await agent.SettledAsync("n"));
        Assert.False((await agent.ExplainAsync("n")).Label.Pending);

        await agent.ReportAsync(GrainCluster.Report("n", label: "False"));
        await agent.IsAskedAsync("n", 2);
    }

    [Fact]
    public async Task A_label_that_was_applied_and_is_not_seen_is_asked_for_again()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
        await agent.IsAskedAsync("n", 2);
        Assert.True((await agent.ExplainAsync("n")).Label.Pending);
    }

    [Fact]
    public async Task A_label_that_the_agent_goes_on_trying_is_not_asked_for_again_and_says_why_it_fails()
    {
        var agent = await JoinAsync();
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: true, LabelOutcome.Retrying, "forbidden");
        Assert.Equal(1, await agent.SettledAsync("n"));
        var label = (await agent.ExplainAsync("n")).Label;
        Assert.Equal((true, "forbidden"), (label.Pending, label.Error));
        var status = await agent.StatusAsync();
        Assert.Equal((2, 1), (status.LabelsWrong, status.LabelsFailing));

        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
        await agent.IsAskedAsync("n", 2);
        Assert.Equal(0, (await agent.StatusAsync()).LabelsFailing);
    }

    [Fact]
    public async Task A_label_that_something_undoes_is_asked_for_once_each_time_and_the_word_about_it_is_shown()
    {
        var agent = await JoinAsync();
        await agent.SnapshotAsync(GrainCluster.Report("n"));
        for (var times = 1; times < 4; times++)
        {
            await agent.IsAskedAsync("n", times);
            await agent.ReportAsync(GrainCluster.Report("n", label: "True"));
            await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
            await agent.ReportAsync(GrainCluster.Report("n", label: "mine"));
            await agent.IsAskedAsync("n", times + 1);
            await agent.LabelAsync("n", available: true, LabelOutcome.Retrying, $"undone {times} times");
            await agent.ReportAsync(GrainCluster.Report("n", label: "theirs"));
            Assert.Equal(times + 1, await agent.SettledAsync("n"));
            var label = (await agent.ExplainAsync("n")).Label;
            Assert.Equal((true, $"undone {times} times"), (label.Pending, label.Error));
        }
    }

    [Fact]
    public async Task A_label_that_the_agent_gave_up_is_asked_for_when_the_node_changes_and_not_at_once()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: true, LabelOutcome.GaveUp, "no such node");
        Assert.Equal(1, await agent.SettledAsync("n"));
        var label = (await agent.ExplainAsync("n")).Label;
        Assert.Equal((false, "no such node"), (label.Pending, label.Error));

        await agent.ReportAsync(GrainCluster.Report("n", label: "odd"));
        await agent.IsAskedAsync("n", 2);
    }

    [Fact]
    public async Task What_became_of_a_label_that_is_not_asked_for_any_more_does_not_matter()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.LabelAsync("n", available: false, LabelOutcome.Applied);
        await agent.LabelAsync("n", available: false, LabelOutcome.GaveUp, "old");
        await agent.LabelAsync("stranger", available: true, LabelOutcome.Applied);
        Assert.Equal(1, await agent.SettledAsync("n"));
        var label = (await agent.ExplainAsync("n")).Label;
        Assert.Equal((true, (string?)null), (label.Pending, label.Error));
    }

    [Fact]
    public async Task A_question_that_is_no_longer_right_is_replaced_also_if_the_label_is_right_by_now()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n", label: "True", healthy: false));
        await agent.IsAskedAsync("n", 1);
        await agent.ReportAsync(GrainCluster.Report("n", label: "True"));
        await agent.IsAskedAsync("n", 2);
        Assert.True(agent.Observer.Labels["n"].Available);
        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
        Assert.Equal(2, await agent.SettledAsync("n"));
        Assert.False((await agent.ExplainAsync("n")).Label.Pending);
    }

    [Fact]
    public async Task A_new_session_forgets_what_was_asked_and_asks_when_it_has_reported_the_node()
    {
        var first = await JoinAsync();
        await first.SnapshotAsync(GrainCluster.Report("n"), GrainCluster.Report("m"));
        await first.IsAskedAsync("n", 1);
        await first.LabelAsync("n", available: true, LabelOutcome.GaveUp, "old");

        var second = await first.RejoinAsync();
        Assert.Equal(0, await second.SettledAsync("n"));
        var label = (await second.ExplainAsync("n")).Label;
        Assert.Equal((false, (string?)null), (label.Pending, label.Error));
        await second.ConfigureAsync("""{"node_conditions":{"ignore_node_conditions":["GpuBad"]}}""");
        Assert.Equal(0, await second.SettledAsync("n"));

        await second.ReportAsync(GrainCluster.Report("n"));
        await second.IsAskedAsync("n", 1);
        Assert.Equal(0, second.AskedFor("m"));
        Assert.Equal(Osmo.Grains.Agents.AgentRefusal.Superseded, await first.Observer.Ended);
    }

    [Fact]
    public async Task Label_updates_that_are_off_ask_for_nothing_and_begin_anew_when_they_are_on_again()
    {
        var agent = await ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend(), labels: false);
        await agent.SnapshotAsync(GrainCluster.Report("n"), GrainCluster.Report("right", label: "True"));
        var label = (await agent.ExplainAsync("n")).Label;
        Assert.Equal(((string?)null, false), (label.Wanted, label.Pending));
        Assert.Equal(0, (await agent.StatusAsync()).LabelsWrong);

        await agent.SwitchLabelsAsync(on: true);
        await agent.IsAskedAsync("n", 1);
        Assert.True(agent.Observer.Policy);
        Assert.Equal(0, await agent.SettledAsync("right"));

        await agent.SwitchLabelsAsync(on: false);
        await Eventually.HoldsAsync(() => agent.Observer.Policy == false, "the agent was told");
        Assert.False((await agent.ExplainAsync("n")).Label.Pending);
        await agent.ReportAsync(GrainCluster.Report("right", label: "False"));
        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);

        await agent.SwitchLabelsAsync(on: true);
        await agent.IsAskedAsync("n", 2);
        await agent.IsAskedAsync("right", 1);
    }

    [Fact]
    public async Task A_change_of_rules_asks_for_the_labels_of_the_nodes_that_flip_and_of_no_others()
    {
        var agent = await JoinAsync();
        await agent.SnapshotAsync(
            GrainCluster.Report("flips", label: "True"), GrainCluster.Report("stays", healthy: false, label: "False"));
        await agent.ConfigureAsync("""{"node_conditions":{"additional_node_conditions":["GpuBad"]}}""");
        await agent.IsAskedAsync("flips", 1);
        Assert.False(agent.Observer.Labels["flips"].Available);
        Assert.Equal(0, await agent.SettledAsync("stays"));
    }

    [Fact]
    public async Task A_node_that_is_gone_is_not_asked_for_and_begins_anew_if_it_comes_back()
    {
        var agent = await JoinAsync();
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 1);
        await agent.DeleteAsync("n");
        await agent.LabelAsync("n", available: true, LabelOutcome.Applied);
        Assert.Equal(1, await agent.SettledAsync("n"));
        await agent.ReportAsync(GrainCluster.Report("n"));
        await agent.IsAskedAsync("n", 2);
    }

    private Task<ScriptedAgent> JoinAsync() => ScriptedAgent.JoinAsync(fixture.Cluster, fixture.NewBackend());
}
