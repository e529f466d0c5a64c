using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class NodeVerdictTests
{
    [Fact]
    public void Reasons_carry_condition_status_requirement_and_entry_in_node_order()
    {
        var verdict = Explain(
            ["Gpu*"],
            ["SomeTransient*"],
            true,
            ("SomeTransientDisk", "True"),
            ("GpuHealthy", "Unknown"),
            ("Ready", "False"),
            ("DiskPressure", "True"));

        Assert.False(verdict.Available);
        Assert.Equal(
            [
                new(NodeReasonKind.Cordoned, null, null, null, RuleSource.None, null, "cordoned (spec.unschedulable is true)"),
                new(NodeReasonKind.Condition, "GpuHealthy", "Unknown", "True", RuleSource.AdditionalEntry, "Gpu*",
                    "GpuHealthy is Unknown, must be True (additional_node_conditions has \"Gpu*\")"),
                new(NodeReasonKind.Condition, "Ready", "False", "True", RuleSource.ReadyDefault, "Ready",
                    "Ready is False, must be True (always required)"),
                new(NodeReasonKind.Condition, "DiskPressure", "True", "False", RuleSource.None, null,
                    "DiskPressure is True, must be False (no entry names it)"),
            ],
            verdict.Reasons);
        Assert.Empty(verdict.Notes);
    }

    [Fact]
    public void Ignored_and_passing_conditions_are_listed_but_are_no_reasons()
    {
        var verdict = Explain([], ["NetworkUnavailable"], false, ("NetworkUnavailable", "Unknown"), ("Ready", "True"));

        Assert.True(verdict.Available);
        Assert.Empty(verdict.Reasons);
        Assert.Equal([true, false], verdict.Conditions.Select(c => c.Ignored));
        Assert.Equal("NetworkUnavailable", verdict.Conditions[0].Requirement.Entry);
    }

    [Theory]
    [InlineData("Ready", true)]
    [InlineData("ready", false)]
    public void A_node_without_a_ready_condition_gets_a_note_and_stays_available(string type, bool reported)
    {
        var verdict = Explain(["ready"], [], false, (type, "True"));
        Assert.True(verdict.Available);
        Assert.Equal(reported, verdict.ReadyReported);
        Assert.Equal(reported ? [] : ["no Ready condition reported"], verdict.Notes);
    }

    [Fact]
    public void A_node_without_conditions_is_available()
    {
        var verdict = Explain([], [], false);
        Assert.True(verdict.Available);
        Assert.False(verdict.Cordoned);
        Assert.Equal([NodeVerdict.ReadyNotReportedNote], verdict.Notes);
    }

    [Fact]
    public void An_empty_status_reads_as_empty()
    {
        var reason = Assert.Single(Explain([], [], false, ("Ready", "")).Reasons);
        Assert.Equal("Ready is (empty), must be True (always required)", reason.Sentence);
    }

    private static NodeVerdict Explain(
        string[] additional, string[] ignore, bool unschedulable, params (string Type, string Status)[] conditions)
    {
        Assert.True(NodeConditionRules.TryCreate(additional, ignore, out var rules, out _));
        var table = new ConditionTable();
        var ids = conditions.Select(c => table.Intern(c.Type, c.Status)).ToArray();
        return new ConditionPolicy(rules, table).Explain(ids, unschedulable);
    }
}
