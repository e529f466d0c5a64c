using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class NodeConditionRulesTests
{
    [Theory]
    [InlineData("Gpu*Healthy", "may stand only at the end", "\"Gpu*\"")]
    [InlineData("*Healthy", "may stand only at the end", "\"*\"")]
    [InlineData("Gpu**", "may stand only at the end", "\"Gpu*\"")]
    [InlineData("", "is empty", "Remove it")]
    [InlineData("  ", "is empty", "Remove it")]
    public void A_bad_entry_is_refused_by_path_index_and_entry_with_advice(string entry, string problem, string advice)
    {
        Assert.False(NodeConditionRules.TryCreate([], ["Fine", entry], out var rules, out var errors));

        var error = Assert.Single(errors);
        Assert.Equal("node_conditions.ignore_node_conditions", error.Field);
        Assert.Equal(1, error.Index);
        Assert.Equal(entry, error.Entry);
        Assert.StartsWith($"node_conditions.ignore_node_conditions[1] \"{entry}\": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        Assert.Same(NodeConditionRules.Default, rules);
    }

    [Fact]
    public void A_null_entry_is_refused_as_empty()
    {
        Assert.False(NodeConditionRules.TryCreate([null!], [], out _, out var errors));
        Assert.Equal(0, Assert.Single(errors).Index);
    }

    [Fact]
    public void All_errors_are_reported_additional_before_ignore()
    {
        Assert.False(NodeConditionRules.TryCreate(["", "a*b", "ok"], ["x*y"], out _, out var errors));
        Assert.Equal(
            [(NodeConditionLists.AdditionalField, 0), (NodeConditionLists.AdditionalField, 1), (NodeConditionLists.IgnoreField, 0)],
            errors.Select(e => (e.Field, e.Index!.Value)));
    }

    [Theory]
    [InlineData(316, true)]
    [InlineData(317, false)]
    public void An_entry_may_have_316_characters(int length, bool legal)
    {
        Assert.Equal(legal, NodeConditionRules.TryCreate([new string('x', length - 1) + "*"], [], out _, out var errors));
        Assert.Equal(legal ? 0 : 1, errors.Length);
        Assert.All(errors, e => Assert.InRange(e.Message.Length, 1, 400));
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public void A_list_may_have_1000_entries(int count, bool legal)
    {
        Assert.Equal(legal, NodeConditionRules.TryCreate([.. Enumerable.Repeat("x", count)], [], out _, out var errors));
        Assert.Equal(legal ? 0 : 1, errors.Length);
        Assert.All(errors, e => Assert.Null(e.Index));
    }

    [Fact]
    public void Control_characters_never_reach_a_message()
    {
        Assert.False(NodeConditionRules.TryCreate(["\u001b[31m*x\ud800"], [], out _, out var errors));
        Assert.DoesNotContain(errors[0].Message, c => char.IsControl(c) || char.IsSurrogate(c));
    }

    [Fact]
    public void Rules_are_equal_by_value()
    {
        Assert.Equal(Rules(["a", "b*"], ["c"]), Rules(["a", "b*"], ["c"]));
        Assert.Equal(Rules(["a", "b*"], ["c"]).GetHashCode(), Rules(["a", "b*"], ["c"]).GetHashCode());
        Assert.NotEqual(Rules(["a", "b*"], ["c"]), Rules(["a"], ["b*", "c"]));
        Assert.NotEqual(Rules(["a"], []), Rules([], ["a"]));
        Assert.Equal(NodeConditionRules.Default, Rules([], []));
        Assert.False(Rules(["a"], []).Equals(null));
    }

    [Fact]
    public void Later_changes_of_the_list_that_was_given_do_not_reach_the_rules()
    {
        var entries = new List<string> { "GpuHealthy" };
        Assert.True(NodeConditionRules.TryCreate(entries, [], out var rules, out _));
        entries[0] = "Other";
        Assert.Equal(["GpuHealthy"], Assert.IsType<NodeConditionLists>(rules).Additional);
    }

    [Theory]
    [InlineData("Ready", RequiredStatus.True, RuleSource.ReadyDefault, "Ready")]
    [InlineData("ready", RequiredStatus.False, RuleSource.None, null)]
    [InlineData("GpuHealthy", RequiredStatus.True, RuleSource.AdditionalEntry, "GpuHealthy")]
    [InlineData("GpuHealthyToo", RequiredStatus.False, RuleSource.None, null)]
    [InlineData("OSMOCheck", RequiredStatus.True, RuleSource.AdditionalEntry, "OSMO*")]
    [InlineData("OSMO-Verified", RequiredStatus.True, RuleSource.AdditionalEntry, "OSMO*")]
    [InlineData("MyOSMOCond", RequiredStatus.False, RuleSource.None, null)]
    [InlineData("OSMOTransient", RequiredStatus.Any, RuleSource.IgnoreEntry, "OSMOTrans*")]
    public void A_type_is_classified_by_the_first_entry_that_matches(string type, RequiredStatus required, RuleSource source, string? entry)
    {
        var rules = Rules(["GpuHealthy", "OSMO*", "OSMOC*"], ["OSMOTrans*"]);
        Assert.Equal(new ConditionRequirement(required, source, entry), rules.Classify(type, "True"));
    }

    [Fact]
    public void Ignore_wins_over_ready_itself() =>
        Assert.Equal(RuleSource.IgnoreEntry, Rules(["Ready"], ["*"]).Classify("Ready", "False").Source);

    private static NodeConditionRules Rules(string[] additional, string[] ignore)
    {
        Assert.True(NodeConditionRules.TryCreate(additional, ignore, out var rules, out var errors), string.Join('\n', errors));
        return rules;
    }
}
