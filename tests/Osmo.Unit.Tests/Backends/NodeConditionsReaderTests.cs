using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

public sealed class NodeConditionsReaderTests
{
    private const string Translated =
        """{"(?:Ready\\Z|GpuHealthy\\Z)":"True","(?!(?:Ready\\Z|GpuHealthy\\Z))":"False"}""";

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"rules":null}""")]
    [InlineData("""{"rules":null,"additional_node_conditions":null,"ignore_node_conditions":null}""")]
    [InlineData("""{"available_conditions":[],"ignore_conditions":null}""")]
    [InlineData("""{"rules":{"(?:Ready\\Z)":"True","(?!(?:Ready\\Z))":"False"}}""")]
    public void What_says_nothing_is_the_default(string json) => Assert.Same(NodeConditionRules.Default, Read(json));

    [Theory]
    [InlineData("""{"additional_node_conditions":["GpuHealthy"]}""")]
    [InlineData("""{"additional_node_conditions":["GpuHealthy"],"rules":{}}""")]
    [InlineData("""{"additional_node_conditions":["GpuHealthy"],"rules":null}""")]
    [InlineData("""{"additional_node_conditions":["GpuHealthy"],"rules":TRANSLATED}""")]
    [InlineData("""{"rules":TRANSLATED}""")]
    [InlineData("""{"additional_node_conditions":["GpuHealthy"],"available_conditions":["GpuHealthy"],"ignore_conditions":[]}""")]
    public void Lists_are_read_whatever_repeats_them(string json) =>
        Assert.Equal(["GpuHealthy"], Assert.IsType<NodeConditionLists>(ReadTemplate(json)).Additional);

    [Theory]
    [InlineData("""{"rules":{"Ready":"True","Gpu.*":"True"}}""")]
    [InlineData("""{"rules":{"Ready":"True","Gpu.*":"True"},"additional_node_conditions":[],"ignore_node_conditions":null}""")]
    [InlineData("""{"rules":{"Ready":"True","Gpu.*":"True"},"available_conditions":["Ready*","Gpu*"],"ignore_conditions":[]}""")]
    public void Rules_are_read_in_their_order(string json) =>
        Assert.Equal(
            [new("Ready", "True"), new("Gpu.*", "True")], Assert.IsType<NodeConditionPatterns>(Read(json)).Rules);

    [Fact]
    public void Empty_rules_are_rules() => Assert.Empty(Assert.IsType<NodeConditionPatterns>(Read("""{"rules":{}}""")).Rules);

    [Theory]
    [InlineData("""{"rules":{"Gpu":"True"},"ignore_node_conditions":["A"]}""", "node_conditions.rules", "only one of the two forms")]
    [InlineData("""{"rules":TRANSLATED,"ignore_node_conditions":["Gpu"]}""", "node_conditions.rules", "only one of the two forms")]
    [InlineData("""{"available_conditions":["Gpu"]}""", "node_conditions.available_conditions", "Write additional_node_conditions")]
    [InlineData("""{"rules":{"Gpu":"True"},"ignore_conditions":["x"]}""", "node_conditions.ignore_conditions", "cannot be changed here")]
    [InlineData("""{"rules":["Gpu"]}""", "node_conditions.rules", "must be an object, not a list")]
    [InlineData("""{"rules":{"Gpu":true}}""", "node_conditions.rules.Gpu", "must be a string, not a boolean")]
    [InlineData("""{"rules":{"Gpu":null}}""", "node_conditions.rules.Gpu", "must be a string, not null")]
    [InlineData("""{"rules":{"(?!Gpu)":"True"}}""", "node_conditions.rules.(?!Gpu)", "never takes exponential time")]
    [InlineData("""{"rules":{"Ready":"False"}}""", "node_conditions.rules.Ready", "agents refuse")]
    [InlineData("""{"rulez":{}}""", "node_conditions.rulez", "rules, prefix")]
    public void What_contradicts_itself_or_breaks_a_rule_is_refused_by_field(string json, string field, string message)
    {
        var error = Assert.Single(Assert.Throws<OsmoException>(() => ReadTemplate(json)).Fields);
        Assert.Equal(field, error.Field);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"additional_node_conditions":["A"]}""", """{"rules":{"B":"True"}}""", """{"rules":{"B":"True"}}""")]
    [InlineData("""{"rules":{"A":"True"}}""", """{"rules":{"B":"True"}}""", """{"rules":{"A":"True","B":"True"}}""")]
    [InlineData("""{"rules":{"A":"True","B":"True"}}""", """{"rules":{"A":null}}""", """{"rules":{"B":"True"}}""")]
    [InlineData("""{"rules":{"A":"True"}}""", """{"rules":null}""", """{}""")]
    [InlineData("""{"rules":{"A":"True"}}""", """{"ignore_node_conditions":["B"]}""", """{"ignore_node_conditions":["B"]}""")]
    [InlineData("""{"rules":{"A":"True"}}""", """{"ignore_node_conditions":null}""", """{"rules":{"A":"True"}}""")]
    [InlineData("""{"additional_node_conditions":["A"]}""", """{"rules":{}}""", """{"rules":{}}""")]
    [InlineData("""{"additional_node_conditions":["A"]}""", """{"rules":null}""", """{"additional_node_conditions":["A"]}""")]
    public void A_merge_patch_of_one_form_replaces_the_other(string before, string patch, string after)
    {
        var record = Record(Read(before));
        using var document = JsonDocument.Parse($$"""{"node_conditions":{{patch}}}""");

        Assert.Equal(Read(after), new MergePatch(document.RootElement).ApplyTo(record).Config.NodeConditions);
    }

    [Theory]
    [InlineData("""{"rules":{"Ready":"True","nvidia\\.com/.*":"False|Unknown","Ünï<>":"True"}}""")]
    [InlineData("""{"rules":{}}""")]
    [InlineData("""{"additional_node_conditions":["A"],"ignore_node_conditions":["B*"]}""")]
    public void A_document_says_what_was_written_and_is_read_back(string json)
    {
        var record = Record(Read(json));
        var document = BackendDocument.ToJson(record, record.CreatedAt);

        Assert.Equal(record, BackendDocument.Read(record.Name, document, record.Revision));
        using var parsed = JsonDocument.Parse(document);
        using var asked = JsonDocument.Parse(json);
        var written = parsed.RootElement.GetProperty("node_conditions");
        Assert.Equal(
            [.. asked.RootElement.EnumerateObject().Select(field => field.Name), "prefix"],
            written.EnumerateObject().Select(field => field.Name));
        Assert.Equal(record, new ReplaceFields(parsed.RootElement).ApplyTo(record));
    }

    private static NodeConditionRules ReadTemplate(string json) => Read(json.Replace("TRANSLATED", Translated, StringComparison.Ordinal));

    private static NodeConditionRules Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return NodeConditionsReader.Read(document.RootElement);
    }

    private static BackendRecord Record(NodeConditionRules rules) => new(
        BackendName.Parse("east"),
        new BackendConfig { NodeConditions = rules },
        new BackendRegistration("uid", "workflows", "1.0", NodeConditionPrefix.Default, false),
        1,
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        null);
}
