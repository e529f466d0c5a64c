using System.Text.Json;
using System.Text.Json.Serialization;
using Osmo.Domain.Availability;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class ConformanceTests
{
    private const int CasesExpected = 3_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    [Fact]
    public void Every_shared_case_has_the_expected_verdict_and_failing_conditions()
    {
        var wrong = new List<string>();
        var cases = File.ReadLines(SharedMaterial.PathOf("conformance", "availability.jsonl"))
            .Select(line => JsonSerializer.Deserialize<Case>(line, Json)!)
            .ToArray();

        // One table for all cases, as in a backend: policies meet pairs that were interned after they were compiled.
        var table = new ConditionTable();
        foreach (var c in cases)
        {
            Assert.True(NodeConditionRules.TryCreate(c.Config.Additional, c.Config.Ignore, out var rules, out _), $"case {c.Id}");
            var policy = new ConditionPolicy(rules, table);
            var ids = c.Node.Conditions.Select(condition => table.Intern(condition.Type, condition.Status)).ToArray();

            var available = policy.IsAvailable(ids, c.Node.Unschedulable);
            var verdict = policy.Explain(ids, c.Node.Unschedulable);
            var failing = verdict.Reasons.Where(r => r.Kind == NodeReasonKind.Condition).Select(r => r.Condition);
            if (available != c.Available || verdict.Available != c.Available || !failing.SequenceEqual(c.Failing))
            {
                wrong.Add($"case {c.Id}: available {available}, explained {verdict.Available}, failing {string.Join(",", failing)}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(CasesExpected, cases.Length);
    }

    private sealed record Case(int Id, Config Config, Node Node, bool Available, string[] Failing);

    private sealed record Config(
        [property: JsonPropertyName("additional_node_conditions")] string[] Additional,
        [property: JsonPropertyName("ignore_node_conditions")] string[] Ignore);

    private sealed record Node(string Name, bool Unschedulable, Condition[] Conditions);

    private sealed record Condition(string Type, string Status);
}
