using FsCheck;
using FsCheck.Fluent;
using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

/// <summary>Compares the compiled policy with the rules written as plainly as they read. A failure prints its seed.</summary>
public sealed class PolicyPropertyTests
{
    private const int Trials = 2_000;

    private static readonly string[] Types =
        ["Ready", "ready", "ReadyToServe", "GpuHealthy", "GpuHealth", "G", "Disk", "DiskPressure", "nvidia.com/gpu", "x/", "Ünï", "*", ""];

    private static readonly string[] Statuses = ["True", "False", "Unknown", "true", "FALSE", ""];

    private static readonly Gen<string> Entries = Gen.OneOf(
        Gen.Elements(Types.Where(type => type is not ("" or "*")).ToArray()),
        from type in Gen.Elements(Types)
        from length in Gen.Choose(0, type.Length)
        where !type[..length].Contains('*', StringComparison.Ordinal)
        select type[..length] + "*");

    private static readonly Gen<string[]> EntryLists =
        from count in Gen.Choose(0, 4)
        from list in Entries.ArrayOf(count)
        select list;

    private static readonly Gen<Sample> Samples =
        from additional in EntryLists
        from ignore in EntryLists
        from count in Gen.Choose(0, 14)
        from conditions in (
            from type in Gen.Elements(Types)
            from status in Gen.Elements(Statuses)
            select new ConditionPair(type, status)).ArrayOf(count)
        from unschedulable in Gen.Elements(true, false, false)
        from internedFirst in Gen.Elements(true, false)
        select new Sample(additional, ignore, conditions, unschedulable, internedFirst);

    [Fact]
    public void The_compiled_policy_agrees_with_the_rules_as_written() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(Samples), sample =>
            {
                Assert.True(NodeConditionRules.TryCreate(sample.Additional, sample.Ignore, out var rules, out _));
                var table = new ConditionTable();
                var ids = sample.InternedFirst ? Intern(table, sample.Conditions) : [];
                var policy = new ConditionPolicy(rules, table);
                ids = Intern(table, sample.Conditions);

                var failing = sample.Conditions.Where(c => Fails(sample, c)).ToArray();
                var verdict = policy.Explain(ids, sample.Unschedulable);

                Assert.Equal(failing.Length == 0 && !sample.Unschedulable, policy.IsAvailable(ids, sample.Unschedulable));
                Assert.Equal(failing.Length == 0 && !sample.Unschedulable, verdict.Available);
                Assert.Equal(sample.Conditions, verdict.Conditions.Select(c => new ConditionPair(c.Type, c.Status)));
                Assert.Equal(
                    failing,
                    verdict.Reasons.Where(r => r.Kind == NodeReasonKind.Condition).Select(r => new ConditionPair(r.Condition!, r.Status!)));
                Assert.Equal(sample.Unschedulable, verdict.Reasons.Any(r => r.Kind == NodeReasonKind.Cordoned));
                Assert.All(verdict.Reasons, reason => AssertEntryIsConfigured(sample, reason));
            }));

    [Fact]
    public void A_table_keeps_the_verdicts_of_live_nodes_when_it_is_rebuilt() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(Samples), sample =>
            {
                Assert.True(NodeConditionRules.TryCreate(sample.Additional, sample.Ignore, out var rules, out _));
                var table = new ConditionTable();
                table.Intern("GoneWithItsNode", "True");
                var ids = Intern(table, sample.Conditions);
                table.Intern("GoneToo", "True");

                var kept = table.KeepOnly(ids, ConditionTable.PairsMaxDefault, out var newIds);
                var moved = ids.Select(id => newIds[id]).ToArray();

                Assert.Equal(sample.Conditions.Distinct().Count(), kept.Count);
                Assert.Equal(sample.Conditions, moved.Select(kept.Get));
                Assert.Equal(
                    new ConditionPolicy(rules, table).IsAvailable(ids, sample.Unschedulable),
                    new ConditionPolicy(rules, kept).IsAvailable(moved, sample.Unschedulable));
            }));

    private static int[] Intern(ConditionTable table, ConditionPair[] conditions) =>
        [.. conditions.Select(c => table.Intern(c.Type, c.Status))];

    private static bool Fails(Sample sample, ConditionPair condition)
    {
        if (sample.Ignore.Any(entry => Matches(entry, condition.Type)))
        {
            return false;
        }

        var mustBeTrue = condition.Type == "Ready" || sample.Additional.Any(entry => Matches(entry, condition.Type));
        return condition.Status != (mustBeTrue ? "True" : "False");
    }

    private static bool Matches(string entry, string type) =>
        entry.EndsWith('*')
            ? type.StartsWith(entry.TrimEnd('*'), StringComparison.Ordinal)
            : string.Equals(entry, type, StringComparison.Ordinal);

    private static void AssertEntryIsConfigured(Sample sample, NodeReason reason)
    {
        switch (reason.Source)
        {
            case RuleSource.AdditionalEntry:
                Assert.Contains(reason.Entry, sample.Additional);
                Assert.True(Matches(reason.Entry!, reason.Condition!));
                Assert.Equal("True", reason.Required);
                break;
            case RuleSource.ReadyDefault:
                Assert.Equal("Ready", reason.Condition);
                Assert.Equal("True", reason.Required);
                break;
            default:
                Assert.Null(reason.Entry);
                Assert.Equal(RuleSource.None, reason.Source);
                break;
        }
    }

    private sealed record Sample(string[] Additional, string[] Ignore, ConditionPair[] Conditions, bool Unschedulable, bool InternedFirst);
}
