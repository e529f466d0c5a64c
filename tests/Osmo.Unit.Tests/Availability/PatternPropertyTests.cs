using FsCheck;
using FsCheck.Fluent;
using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

/// <summary>Holds rules against the way agents judge, on random rules and nodes. A failure prints its seed.</summary>
public sealed class PatternPropertyTests
{
    private const int Trials = 2_000;

    private static readonly Gen<string> Types = Gen.Elements(
        "Ready", "ReadyToServe", "Gpu", "GpuHealthy", "DiskPressure", "x.y", "xzy", "");

    private static readonly Gen<string> Statuses = Gen.Elements("True", "False", "Unknown", "true", "");

    private static readonly Gen<string> TypePatterns = Gen.Elements(
        "Ready", "^Ready$", @"Ready\Z", "R", "Gpu", "Gpu.*", "Gpu$", "(Gpu|Disk)", "G|D", ".*Pressure", ".+y", "[A-F]", "[^GD]", @"x\.y",
        "x.y", "(?i)gpu", "(?:Gpu)?Healthy", "[]x]", @"\w{3}$", "GpuHealthy|Ready", "z?");

    private static readonly Gen<string> StatusPatterns = Gen.Elements(
        "True", "True", "True", "False", "Unknown", "False|Unknown", "T", ".*", "[TF].*e", "(?i:true)", "True|");

    private static readonly Gen<ConditionRule[]> RuleSets =
        from count in Gen.Choose(0, 5)
        from pairs in Gen.Zip(TypePatterns, StatusPatterns).ArrayOf(count)
        select pairs.DistinctBy(pair => pair.Item1).Select(pair => new ConditionRule(pair.Item1, pair.Item2)).ToArray();

    private static readonly Gen<ConditionPair[]> Conditions =
        from count in Gen.Choose(0, 12)
        from pairs in Gen.Zip(Types, Statuses).ArrayOf(count)
        select pairs.Select(pair => new ConditionPair(pair.Item1, pair.Item2)).ToArray();

    [Fact]
    public void Nodes_are_judged_as_agents_judge_them_and_rules_that_agents_refuse_are_refused() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(RuleSets), Arb.From(Conditions), (pairs, conditions) =>
            {
                var expected = TodaysAgent.Failing(pairs, conditions);
                Assert.Equal(expected is not null, NodeConditionRules.TryCreate(pairs, out var rules, out _));
                if (expected is null)
                {
                    return;
                }

                var table = new ConditionTable();
                var policy = new ConditionPolicy(rules, table);
                var ids = conditions.Select(condition => table.Intern(condition.Type, condition.Status)).ToArray();
                var verdict = policy.Explain(ids, unschedulable: false);

                Assert.Equal(expected, verdict.Reasons.Select(reason => new ConditionPair(reason.Condition!, reason.Status!)));
                Assert.Equal(expected.Length == 0, policy.IsAvailable(ids, unschedulable: false));
                Assert.False(policy.IsAvailable(ids, unschedulable: true));
                Assert.All(
                    verdict.Reasons.Where(reason => reason.Source != RuleSource.ReadyDefault),
                    reason => Assert.Contains(pairs, rule => reason.Entry!.Contains(rule.ToString(), StringComparison.Ordinal)));
            }));
}
