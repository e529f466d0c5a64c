using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Backends;

/// <summary>Texts of <c>node_conditions</c> with characters that no condition has: they would be kept and never match.</summary>
public sealed class MatchingCheckTests
{
    [Theory]
    [InlineData(" GpuHealthy", "a blank (U+0020) at character 1")]
    [InlineData("Gpu Healthy", "a blank (U+0020) at character 4")]
    [InlineData("GpuHealthy\\t", "a tab (U+0009) at character 11")]
    [InlineData("GpuHealthy\\n", "a line end (U+000A) at character 11")]
    [InlineData("GpuHealthy\\u2028", "a line end (U+2028) at character 11")]
    [InlineData("Gpu\\u00a0Healthy", "a no-break space (U+00A0) at character 4")]
    [InlineData("Gpu\\u200bHealthy", "an invisible character (U+200B) at character 4")]
    [InlineData("\\ufeffGpuHealthy", "an invisible character (U+FEFF) at character 1")]
    [InlineData("Gpu\\u0007Healthy", "a control character (U+0007) at character 4")]
    [InlineData("'GpuHealthy'", "a quote (U+0027) at character 1")]
    [InlineData("\\u201cGpuHealthy\\u201d", "a quote (U+201C) at character 1")]
    [InlineData("GpuHealthy,DiskHealthy", "a comma (U+002C) at character 11")]
    [InlineData("Gpu *", "a blank (U+0020) at character 4")]
    public void An_entry_that_would_never_match_is_refused_with_the_place_and_the_character(string entry, string problem)
    {
        foreach (var list in (string[])["additional_node_conditions", "ignore_node_conditions"])
        {
            var error = Assert.Single(Refused($$"""{"{{list}}":["Fine","{{entry}}"]}"""));
            Assert.Equal($"node_conditions.{list}[1]", error.Field);
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Contains("never match", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(error.Message, c => char.IsControl(c));
        }
    }

    [Theory]
    [InlineData("Gpu Healthy", "True", "node_conditions.rules.Gpu Healthy", "the pattern has a blank (U+0020) at character 4")]
    [InlineData("Gpu\\\\ Healthy", "True", "node_conditions.rules.Gpu\\ Healthy", "the pattern has a blank (U+0020) at character 5")]
    [InlineData("(Gpu, Disk)", "True", "node_conditions.rules.(Gpu, Disk)", "Join alternatives with \"|\".")]
    [InlineData("Gpu{,a}", "True", "node_conditions.rules.Gpu{,a}", "a comma (U+002C) at character 5")]
    [InlineData("[^]] Gpu", "True", "node_conditions.rules.[^]] Gpu", "a blank (U+0020) at character 5")]
    [InlineData("Gpu", "False, Unknown", "node_conditions.rules.Gpu", "the pattern of statuses \"False, Unknown\" has a comma")]
    [InlineData("Gpu", "True\\n", "node_conditions.rules.Gpu", "a line end (U+000A) at character 5")]
    public void So_is_a_pattern(string type, string status, string field, string problem) => Assert.Contains(
        Refused($$$"""{"rules":{"{{{type}}}":"{{{status}}}"}}"""),
        error => error.Field == field && error.Message.Contains(problem, StringComparison.Ordinal));

    [Theory]
    [InlineData("""{"rules":{"Gpu.{1,3}":"True","[^, \"]+Pressure":"False|Unknown","[]' ]?x{2}":"False"}}""")]
    [InlineData("""{"additional_node_conditions":["nvidia.com/gpu-healthy","Ünï_x*"]}""")]
    public void Counts_and_classes_may_hold_such_characters(string conditions) =>
        Assert.NotEqual(NodeConditionRules.Default, Read(conditions));

    [Fact]
    public void All_that_is_wrong_is_named_at_once()
    {
        var errors = Refused("""{"additional_node_conditions":["a*b","Gpu Healthy"],"ignore_node_conditions":["x,y"]}""");
        Assert.Equal(
            [
                "node_conditions.additional_node_conditions[0]",
                "node_conditions.additional_node_conditions[1]",
                "node_conditions.ignore_node_conditions[0]",
            ],
            errors.Select(error => error.Field));
    }

    [Theory]
    [InlineData("""{"additional_node_conditions":["Gpu Healthy"]}""", """{"additional_node_conditions":["Gpu Healthy","DiskHealthy"]}""")]
    [InlineData("""{"rules":{"Gpu, Disk":"True, False"}}""", """{"rules":{"Gpu, Disk":"True, False","Net":"True"}}""")]
    public void What_an_older_version_took_is_read_and_may_stay(string stored, string change)
    {
        var record = Stored(stored);
        Assert.Equal(record, Edited(record, "{}"));
        Assert.Equal("new", Edited(record, """{"description":"new"}""").Config.Description);
        Assert.NotEqual(record, Edited(record, $$"""{"node_conditions":{{change}}}"""));

        // In the words of agents of the other form, too.
        var told = RuleTranslation.Of(record.Config.NodeConditions).Pairs;
        var pairs = JsonSerializer.Serialize(told.ToDictionary(rule => rule.Type, rule => rule.Status));
        using var document = JsonDocument.Parse($$$"""{"node_conditions":{"rules":{{{pairs}}}}}""");
        Assert.Equal(record, new ReplaceFields(document.RootElement).ApplyTo(record));
    }

    private static BackendRecord Edited(BackendRecord record, string json)
    {
        using var document = JsonDocument.Parse(json);
        var replaced = new ReplaceFields(document.RootElement).ApplyTo(record);
        Assert.Equal(replaced, new MergePatch(document.RootElement).ApplyTo(record));
        return replaced;
    }

    private static BackendRecord Stored(string conditions)
    {
        var prefix = NodeConditionPrefix.Default;
        var record = new BackendRecord(
            BackendName.Parse("east"),
            BackendConfig.Default,
            new BackendRegistration("uid", "workflows", "1.0", prefix, false),
            1,
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            null);
        const string Before = """{"additional_node_conditions":[],"ignore_node_conditions":[],""";
        var json = BackendDocument.ToJson(record, record.CreatedAt);
        Assert.Contains(Before, json, StringComparison.Ordinal);
        return BackendDocument.Read(record.Name, json.Replace(Before, conditions[..^1] + ",", StringComparison.Ordinal), 1);
    }

    private static ImmutableArray<FieldError> Refused(string conditions) =>
        Assert.Throws<OsmoException>(() => Read(conditions)).Fields;

    private static NodeConditionRules Read(string conditions)
    {
        using var document = JsonDocument.Parse(conditions);
        return NodeConditionsReader.Read(document.RootElement);
    }
}
