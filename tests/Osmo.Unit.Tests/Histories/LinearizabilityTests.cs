using FsCheck;
using FsCheck.Fluent;
using Osmo.Testing.Histories;
using Xunit;

namespace Osmo.Unit.Tests.Histories;

/// <summary>The checker of histories: right about what is linearizable, and clear about what is not.</summary>
public sealed class LinearizabilityTests
{
    private const int Trials = 1_000;

    private static readonly Gen<int> Seeds = Gen.Choose(0, int.MaxValue);

    [Fact]
    public void What_a_register_answers_is_linearizable() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Trials),
        Prop.ForAll(Arb.From(Seeds), seed =>
        {
            var register = new SimulatedRegister(seed);
            var history = register.Run(clients: 1 + (seed % 8), operations: 200);
            Assert.Null(Linearizability.Violation(SimulatedRegister.Initial, history));
            Assert.Null(Linearizability.Violation(SimulatedRegister.Initial, history, register.Stored));
        }));

    [Theory]
    [InlineData(RegisterBug.None)]
    [InlineData(RegisterBug.StaleRead)]
    [InlineData(RegisterBug.LostWrite)]
    [InlineData(RegisterBug.AppliedTwice)]
    [InlineData(RegisterBug.RevisionReuse)]
    [InlineData(RegisterBug.Reordering)]
    [InlineData(RegisterBug.IgnoredCondition)]
    [InlineData(RegisterBug.AppliedRefusal)]
    public void It_agrees_with_a_search_through_every_order(RegisterBug bug)
    {
        var rejected = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(Seeds), seed =>
            {
                var history = new SimulatedRegister(seed, bug).Run(clients: 3, operations: 12);
                var violation = Linearizability.Violation(SimulatedRegister.Initial, history);
                var isLinearizable = WingGongSearch.IsLinearizable(SimulatedRegister.Initial, history);
                Assert.True(isLinearizable == (violation is null), $"The search says {isLinearizable}, the check: {violation}");
                rejected += violation is null ? 0 : 1;
            }));
        Assert.True(bug == RegisterBug.None ? rejected == 0 : rejected > Trials / 20, $"{rejected} of {Trials} were rejected.");
    }

    [Theory]
    [InlineData(RegisterBug.StaleRead)]
    [InlineData(RegisterBug.LostWrite)]
    [InlineData(RegisterBug.AppliedTwice)]
    [InlineData(RegisterBug.RevisionReuse)]
    [InlineData(RegisterBug.Reordering)]
    [InlineData(RegisterBug.IgnoredCondition)]
    [InlineData(RegisterBug.AppliedRefusal)]
    public void A_rare_bug_is_found_in_a_long_history(RegisterBug bug)
    {
        // One operation in five hundred goes wrong; what the store has in the end is known, as it is where real servers are checked.
        var missed = new List<int>();
        for (var seed = 0; seed < 20; seed++)
        {
            var register = new SimulatedRegister(seed, bug, bugShare: 0.002);
            var history = register.Run(clients: 8, operations: 5_000);
            if (register.Bugs > 0 && Linearizability.Violation(SimulatedRegister.Initial, history, register.Stored) is null)
            {
                missed.Add(seed);
            }
        }

        // A stale read of an operation's own time, a condition that held by chance: few bugs can be seen by nobody.
        Assert.True(missed.Count <= 1, $"Missed with the seeds {string.Join(' ', missed)}.");
    }

    [Fact]
    public void An_empty_history_is_linearizable() => Assert.Null(Linearizability.Violation(SimulatedRegister.Initial, []));

    [Fact]
    public void Values_that_are_not_unique_are_no_history() => Assert.Throws<ArgumentException>(() => Linearizability.Violation(
        SimulatedRegister.Initial, [Write("a", 2, 0, 1), Write("a", 3, 2, 3)]));

    [Fact]
    public void A_condition_that_nobody_was_told_of_is_no_history() => Assert.Throws<ArgumentException>(() => Linearizability.Violation(
        SimulatedRegister.Initial, [Write("a", 2, 0, 3), Write("b", 3, 1, 4) with { IfMatch = 2 }]));

    private static RegisterOperation Write(string value, long revision, long from, long to) =>
        new("alice", RegisterAction.Write, RegisterOutcome.Ok, value, revision, IfMatch: null, from, to);
}
