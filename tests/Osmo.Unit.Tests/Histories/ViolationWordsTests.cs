using System.Diagnostics;
using Osmo.Testing.Histories;
using Xunit;

namespace Osmo.Unit.Tests.Histories;

/// <summary>A history that is wrong: the checker says which operations cannot be, and why.</summary>
public sealed class ViolationWordsTests
{
    private static readonly RegisterState Initial = new(1, "initial");

    [Fact]
    public void A_stale_read()
    {
        var violation = Violation(Write("a", 2, 0, 1), Read("initial", 1, 2, 3));
        Assert.Contains(
            "stale read: the write of \"a\" by alice (0.000 to 1.000 ms, revision 2) was over before the read of \"initial\" by bob "
            + "(2.000 to 3.000 ms, revision 1) began",
            violation,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_read_between_readers()
    {
        var violation = Violation(Write("a", 2, 0, 9), Read("a", 2, 1, 2), Read("initial", 1, 3, 4));
        Assert.Contains("stale read", violation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_of_what_was_not_written_yet() =>
        Assert.Contains("read before it was written", Violation(Read("a", 2, 0, 1), Write("a", 2, 2, 3)), StringComparison.Ordinal);

    [Fact]
    public void A_read_while_it_is_written_may_see_it_or_not() =>
        Assert.Null(Violation(Write("a", 2, 0, 9), Read("initial", 1, 1, 2), Read("a", 2, 3, 4)));

    [Fact]
    public void A_write_that_is_lost_by_the_store()
    {
        RegisterOperation[] history = [Write("a", 2, 0, 1), Write("b", 3, 2, 3)];
        var violation = Linearizability.Violation(Initial, history, [Initial, new(3, "b")]);
        Assert.Contains("lost: the write of \"a\"", violation, StringComparison.Ordinal);
        Assert.Null(Linearizability.Violation(Initial, history, [Initial, new(2, "a"), new(3, "b")]));
    }

    [Fact]
    public void A_read_of_what_the_store_never_took() => Assert.Contains(
        "lost: the write of \"a\"",
        Linearizability.Violation(Initial, [Unanswered("a", 0), Read("a", 2, 1, 2)], [Initial]),
        StringComparison.Ordinal);

    [Fact]
    public void A_write_that_is_applied_twice()
    {
        Assert.Contains("applied twice", Violation(Write("a", 2, 0, 1), Read("a", 3, 2, 3)), StringComparison.Ordinal);
        Assert.Contains(
            "applied twice",
            Linearizability.Violation(Initial, [Unanswered("a", 0)], [Initial, new(2, "a"), new(3, "a")]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_revision_that_is_used_twice() => Assert.Contains(
        "revision used twice: 2 is \"a\", and also \"b\"", Violation(Write("a", 2, 0, 1), Write("b", 2, 2, 3)), StringComparison.Ordinal);

    [Fact]
    public void Writes_that_are_reordered() => Assert.Contains(
        "reordered: the write of \"a\"", Violation(Write("a", 5, 0, 1), Write("b", 4, 2, 3)), StringComparison.Ordinal);

    [Fact]
    public void A_value_from_nowhere() =>
        Assert.Contains("value from nowhere: \"a\"", Violation(Read("a", 2, 0, 1)), StringComparison.Ordinal);

    [Fact]
    public void A_condition_that_is_ignored() => Assert.Contains(
        "condition ignored",
        Violation(Write("a", 2, 0, 1), Write("b", 3, 2, 3) with { IfMatch = 1 }),
        StringComparison.Ordinal);

    [Fact]
    public void A_refusal_that_has_an_effect() => Assert.Contains(
        "refused and yet applied",
        Violation(Write("a", 2, 0, 1), Refused("b", 1, 2, 3), Read("b", 3, 4, 5)),
        StringComparison.Ordinal);

    [Fact]
    public void A_refusal_without_reason() =>
        Assert.Contains("refused without reason", Violation(Refused("a", 1, 0, 1), Write("b", 2, 2, 3)), StringComparison.Ordinal);

    [Fact]
    public void A_refusal_that_a_write_without_an_answer_explains()
    {
        Assert.Null(Violation(Unanswered("a", 0), Refused("b", 1, 1, 2)));
        Assert.Contains("refused without reason", Violation(Refused("b", 1, 1, 2), Unanswered("a", 3)), StringComparison.Ordinal);

        // Once it is known that it never had an effect, it explains nothing.
        Assert.Contains(
            "refused without reason",
            Linearizability.Violation(Initial, [Unanswered("a", 0), Refused("b", 1, 1, 2)], [Initial]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_without_an_answer_may_take_effect_at_any_later_time_or_never()
    {
        Assert.Null(Violation(Unanswered("a", 0), Write("b", 2, 5, 6), Read("b", 2, 7, 8), Read("a", 3, 9, 10)));
        Assert.Null(Violation(Unanswered("a", 0), Write("b", 2, 5, 6), Read("b", 2, 7, 8)));
        var violation = Violation(Unanswered("a", 0), Read("a", 2, 1, 2), Read("initial", 1, 3, 4));
        Assert.Contains("stale read", violation, StringComparison.Ordinal);
    }

    private static string? Violation(params RegisterOperation[] history) => Linearizability.Violation(Initial, history);

    private static RegisterOperation Write(string value, long revision, long fromMs, long toMs) =>
        new("alice", RegisterAction.Write, RegisterOutcome.Ok, value, revision, IfMatch: null, Ticks(fromMs), Ticks(toMs));

    private static RegisterOperation Read(string value, long revision, long fromMs, long toMs) =>
        new("bob", RegisterAction.Read, RegisterOutcome.Ok, value, revision, IfMatch: null, Ticks(fromMs), Ticks(toMs));

    private static RegisterOperation Refused(string value, long condition, long fromMs, long toMs) =>
        new("carol", RegisterAction.Write, RegisterOutcome.Refused, value, 0, condition, Ticks(fromMs), Ticks(toMs));

    private static RegisterOperation Unanswered(string value, long fromMs) =>
        new("dave", RegisterAction.Write, RegisterOutcome.Unknown, value, 0, IfMatch: null, Ticks(fromMs), Ticks(fromMs));

    private static long Ticks(long ms) => ms * Stopwatch.Frequency / 1_000;
}
