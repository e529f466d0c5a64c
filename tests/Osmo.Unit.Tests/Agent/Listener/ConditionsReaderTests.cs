using System.Text.Json;
using Osmo.Agent;
using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>Both forms of conditions, pushed and in the backend's configuration.</summary>
public sealed class ConditionsReaderTests
{
    [Theory]
    [InlineData("""{"available_conditions":["GpuHealthy"],"ignore_conditions":["Net*"]}""", "GpuHealthy", "Net*")]
    [InlineData("""{"available_conditions":null,"ignore_conditions":[]}""", "", "")]
    [InlineData("""{"ignore_conditions":["A"]}""", "", "A")]
    public void Lists_are_taken(string body, string additional, string ignore)
    {
        Assert.Null(Push(body, out NodeConditionRules rules));
        NodeConditionLists lists = Assert.IsType<NodeConditionLists>(rules);
        Assert.Equal((additional, ignore), (string.Join(',', lists.Additional), string.Join(',', lists.Ignore)));
    }

    [Theory]
    [InlineData("""{"rules":{"^GpuHealthy$":"True","Disk.*":"False|Unknown"}}""", 2)]
    [InlineData("""{"rules":{}}""", 0)]
    [InlineData("""{"rules":null}""", 0)]
    [InlineData("""{"rules":{"A":"True","B":"True","A":"False"}}""", 2)]
    public void Rules_are_taken_in_order(string body, int count)
    {
        Assert.Null(Push(body, out NodeConditionRules rules));
        NodeConditionPatterns patterns = Assert.IsType<NodeConditionPatterns>(rules);
        Assert.Equal(count, patterns.Rules.Length);
    }

    [Fact]
    public void Without_rules_only_Ready_has_a_say()
    {
        Assert.Null(Push("""{"rules":null}""", out NodeConditionRules rules));
        Assert.True(rules.Classify("DiskPressure", "True").IsMetBy("True"));
        Assert.False(rules.Classify("Ready", "Unknown").IsMetBy("Unknown"));
    }

    [Theory]
    [InlineData("""{"available_conditions":[],"ignore_conditions":[],"prefix":"x/"}""")]
    [InlineData("""{"available_conditions":[],"rules":{}}""")]
    [InlineData("""{"available_conditions":[1],"ignore_conditions":[]}""")]
    [InlineData("""{"available_conditions":"A","ignore_conditions":[]}""")]
    [InlineData("""{"available_conditions":[""],"ignore_conditions":[]}""")]
    [InlineData("""{"rules":["A"]}""")]
    [InlineData("""{"rules":{"A":1}}""")]
    [InlineData("""{"rules":{"Ready":"False"}}""")]
    [InlineData("""{"rules":{"(":"True"}}""")]
    [InlineData("""{"additional_node_conditions":[]}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_a_strict_agent_would_not_take_is_refused_in_words(string body) =>
        Assert.NotEmpty(Push(body, out _) ?? "");

    [Theory]
    [InlineData("""{"node_conditions":{"rules":{"A":"True"},"prefix":"p/"}}""", typeof(NodeConditionPatterns))]
    [InlineData("""{"node_conditions":{"rules":{}}}""", typeof(NodeConditionPatterns))]
    [InlineData("""{"node_conditions":{"additional_node_conditions":["A"],"rules":null}}""", typeof(NodeConditionLists))]
    [InlineData("""{"node_conditions":{"ignore_node_conditions":["A"]}}""", typeof(NodeConditionLists))]
    [InlineData("""{"node_conditions":{"available_conditions":["A"],"ignore_conditions":null,"rules":{}}}""", typeof(NodeConditionLists))]
    public void A_configuration_may_have_either_form_and_more(string json, Type expected)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Null(ConditionsReader.ReadConfiguration(document.RootElement, out NodeConditionRules rules));
        Assert.IsType(expected, rules);
    }

    [Theory]
    [InlineData("""{"node_conditions":null}""")]
    [InlineData("""{"node_conditions":{"prefix":"p/"}}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    public void A_configuration_that_says_nothing_is_no_configuration(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.NotNull(ConditionsReader.ReadConfiguration(document.RootElement, out _));
    }

    private static string? Push(string body, out NodeConditionRules rules)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return ConditionsReader.ReadPush(document.RootElement, out rules);
    }
}
