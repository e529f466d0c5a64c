using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Cli.Configs;
using Osmo.Configs.Documents;
using Osmo.Domain;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Pools;
using Xunit;

namespace Osmo.Unit.Tests.Configs;

/// <summary>A number is whole by its value, however it is written, wherever a document has one.</summary>
public sealed class WholeNumberTests
{
    public static TheoryData<string> Thirty => ["30", "30.0", "3e1", "3.0E+1", "300e-1"];

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Every_whole_number_of_64_bits_is_read(string text, long number)
    {
        Assert.True(WholeNumber.TryParse(text, out var read));
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("3.5")]
    [InlineData("1e-1")]
    [InlineData("9223372036854775808")]
    [InlineData("1e400")]
    [InlineData("thirty")]
    public void Nothing_else_is(string? text) => Assert.False(WholeNumber.TryParse(text, out _));

    [Theory]
    [MemberData(nameof(Thirty))]
    public void Backends_take_it_in_JSON_and_in_YAML(string number)
    {
        using var json = JsonDocument.Parse($$$"""{"scheduler_settings":{"scheduler_timeout":{{{number}}}}}""");
        Assert.Equal(30, Read(json.RootElement));
        var file = ConfigFile.Parse("f", Encoding.UTF8.GetBytes($"scheduler_settings:\n  scheduler_timeout: {number}\n"));
        Assert.Equal(30, Read(JsonSerializer.SerializeToElement(file.Single())));
    }

    [Theory]
    [InlineData("1.5", "must be a whole number, not the number 1.5.")]
    [InlineData("\"30\"", "must be a whole number, not the string \"30\".")]
    [InlineData("-1", "is -1; use 0 or more, up to 2147483647.")]
    [InlineData("3e9", "is 3000000000; use 0 or more, up to 2147483647.")]
    public void Backends_say_what_is_wrong_with_another(string number, string problem)
    {
        using var json = JsonDocument.Parse($$$"""{"scheduler_settings":{"scheduler_timeout":{{{number}}}}}""");
        var error = Assert.Single(Assert.Throws<OsmoException>(() => Read(json.RootElement)).Fields);
        Assert.Equal(("scheduler_settings.scheduler_timeout", problem), (error.Field, error.Message));
    }

    [Theory]
    [MemberData(nameof(Thirty))]
    public void Other_documents_take_it_and_keep_it_as_one_with_types_of_its_own_reads_it(string number)
    {
        var workflow = ConfigDocument.Check(
            Osmo.Configs.ConfigType.Workflow, (JsonObject)JsonNode.Parse($$"""{"max_num_tasks":{{number}}}""")!);
        Assert.Equal("30", workflow["max_num_tasks"]!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Thirty))]
    public void A_quota_that_was_stored_in_any_way_limits_a_pool(string number)
    {
        using var pools = JsonDocument.Parse(
            """{"p":{"backend":"east","resources":{"gpu":{"maximum":NUMBER}}}}""".Replace("NUMBER", number, StringComparison.Ordinal));
        Assert.Equal(30, Assert.Single(PoolReader.Read(pools.RootElement, default)).GpuQuota);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1.0")]
    [InlineData("10e-1")]
    public void A_patch_may_write_a_position_so(string number)
    {
        var patch = (JsonObject)JsonNode.Parse($$"""{"l":[{"$index":{{number}},"x":9}]}""")!;
        var merged = StrategicMerge.Apply((JsonObject)JsonNode.Parse("""{"l":[{"x":1},{"x":2}]}""")!, patch);
        Assert.Equal("""{"l":[{"x":1},{"x":9}]}""", merged.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Thirty))]
    public void What_is_so_already_in_another_way_is_no_change(string number) => Assert.Null(
        DocumentDifference.Of(ChangeStyle.Merge, JsonNode.Parse("""{"a":30}"""), JsonNode.Parse($$"""{"a":{{number}}}""")!));

    private static int Read(JsonElement document)
    {
        var registration = new BackendRegistration("uid", "n", "1.0", NodeConditionPrefix.Default, false);
        var start = BackendConfig.Default;
        return BackendConfigReader.Read(document, start, registration, start.NodeConditions).Config.Scheduler.SchedulerTimeout;
    }
}
