using FsCheck;
using FsCheck.Fluent;
using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class RuleTranslationTests
{
    private const int Trials = 2_000;

    private static readonly string[] Types =
    [
        "Ready", "ReadyToServe", "R", "GpuHealthy", "GpuHealthyToo", "Gpu", "nvidia.com/gpu", "nvidia.com/", "nvidiaXcom/gpu", "a+b", "aab",
        "(x", "x|y", "[z]", "{1}", "^s", "$", @"back\slash", "Gpu\n", "Ünï", "",
    ];

    private static readonly string[] Statuses = ["True", "False", "Unknown", "true", ""];

    private static readonly Gen<string> Entries =
        from type in Gen.Elements(Types)
        from length in Gen.Choose(0, type.Length)
        from prefix in Gen.Elements(true, false, false)
        where prefix || type.Trim().Length > 0
        select prefix ? type[..length] + "*" : type;

    private static readonly Gen<string[]> EntryLists =
        from count in Gen.Choose(0, 4)
        from list in Entries.ArrayOf(count)
        select list;

    private static readonly Gen<ConditionPair[]> Conditions =
        from count in Gen.Choose(0, 12)
        from conditions in Gen.Zip(Gen.Elements(Types), Gen.Elements(Statuses)).ArrayOf(count)
        select conditions.Select(pair => new ConditionPair(pair.Item1, pair.Item2)).ToArray();

    [Theory]
    [InlineData("", "", @"(?:Ready\Z)", @"(?!(?:Ready\Z))")]
    [InlineData(
        "GpuHealthy",
        "NetworkUnavailable,SomeTransient*",
        @"(?!(?:NetworkUnavailable\Z|SomeTransient))(?:Ready\Z|GpuHealthy\Z)",
        @"(?!(?:NetworkUnavailable\Z|SomeTransient))(?!(?:Ready\Z|GpuHealthy\Z))")]
    [InlineData("*", "", @"(?:Ready\Z|)", null)]
    [InlineData(
        "nvidia.com/*",
        "nvidia.com/gpu.flaky",
        @"(?!(?:nvidia\.com/gpu\.flaky\Z))(?:Ready\Z|nvidia\.com/)",
        @"(?!(?:nvidia\.com/gpu\.flaky\Z))(?!(?:Ready\Z|nvidia\.com/))")]
    [InlineData("GpuHealthy", "Gpu*", @"(?!(?:Gpu))(?:Ready\Z|GpuHealthy\Z)", @"(?!(?:Gpu))(?!(?:Ready\Z|GpuHealthy\Z))")]
    public void Lists_become_two_patterns(string additional, string ignore, string mustBeTrue, string? mustBeFalse)
    {
        var lists = Lists(Split(additional), Split(ignore));
        var told = RuleTranslation.Of(lists);

        Assert.Equal(
            mustBeFalse is null ? [new(mustBeTrue, "True")] : [new(mustBeTrue, "True"), new(mustBeFalse, "False")], told.Pairs);
        Assert.Null(told.PairsLoss);
        Assert.Null(told.ListsLoss);
        Assert.Same(lists, told.Lists);
    }

    [Theory]
    [InlineData("Ready")]
    [InlineData("R*")]
    [InlineData("Other,Ready*")]
    [InlineData("*")]
    public void Where_ready_is_ignored_the_translation_is_stricter_and_says_why(string ignore)
    {
        var lists = Lists([], Split(ignore));
        var told = RuleTranslation.Of(lists);

        Assert.Contains("covers Ready", told.PairsLoss, StringComparison.Ordinal);
        Assert.True(lists.Explain([new("Ready", "False")], false).Available);
        Assert.Single(TodaysAgent.Failing(told.Pairs, [new("Ready", "False")])!);
        Assert.Empty(TodaysAgent.Failing(told.Pairs, [new("Ready", "True")])!);
    }

    [Fact]
    public void Agents_that_are_told_the_translation_agree_with_the_lists_and_are_never_more_lenient() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(Gen.Zip(EntryLists, EntryLists)), Arb.From(Conditions), (entries, conditions) =>
            {
                var lists = Lists(entries.Item1, entries.Item2);
                var told = RuleTranslation.Of(lists);
                var failing = lists.Explain(conditions, false).Reasons.Select(r => new ConditionPair(r.Condition!, r.Status!));
                var failingThere = TodaysAgent.Failing(told.Pairs, conditions)!;

                // Where it had to be stricter, only Ready fails besides.
                Assert.Equal(failing, failingThere.Where(c => told.PairsLoss is null || c.Type != "Ready"));
                Assert.Equal(Covers(entries.Item2, "Ready"), told.PairsLoss is not null);
            }));

    [Fact]
    public void A_translation_that_comes_back_is_taken_for_the_lists_it_stands_for() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(Gen.Zip(EntryLists, EntryLists)), entries =>
            {
                var lists = Lists(entries.Item1, entries.Item2);
                var pairs = RuleTranslation.Of(lists).Pairs;

                Assert.True(NodeConditionRules.TryCreate(pairs, out var back, out _));
                Assert.Equal(lists, back);
                Assert.True(NodeConditionRules.TryCreate([.. pairs.Reverse()], out var backwards, out _));
                Assert.Equal(lists, backwards);
            }));

    [Theory]
    [InlineData(@"(?!(?:Gpu))(?:Ready\Z)", "True", null, null)]
    [InlineData(@"(?!(?:Gpu))(?:Ready\Z)", "True", @"(?!(?:Gpu))(?!(?:Ready))", "False")]
    [InlineData(@"(?!(?:Gpu.))(?:Ready\Z)", "True", @"(?!(?:Gpu.))(?!(?:Ready\Z))", "False")]
    [InlineData(@"(?!(?:Gpu))(?:Ready\Z)", "True", @"(?!(?:Gpu))(?!(?:Ready\Z))", "True")]
    [InlineData(@"(?!(?:Gpu)", "True", null, null)]
    public void What_only_resembles_a_translation_is_refused(string first, string firstStatus, string? second, string? secondStatus)
    {
        ConditionRule[] pairs = second is null ? [new(first, firstStatus)] : [new(first, firstStatus), new(second, secondStatus!)];
        Assert.False(NodeConditionRules.TryCreate(pairs, out _, out _));
    }

    [Fact]
    public void Rules_are_told_as_they_are_and_to_agents_that_know_lists_as_near_as_can_be()
    {
        ConditionRule[] pairs =
        [
            new("Ready$", "True"), new("Gpu", "True"), new("^Nv.*", "True"), new(@"nvidia\.com/gpu\Z", "True"), new("Disk", "False"),
            new("a|b", "True"), new("x.y", "True"), new("Maybe", "True|Unknown"),
        ];
        Assert.True(NodeConditionRules.TryCreate(pairs, out var rules, out _));
        var told = RuleTranslation.Of(rules);

        Assert.Equal(pairs, told.Pairs);
        Assert.Null(told.PairsLoss);
        Assert.Equal(["Gpu*", "Nv*", "nvidia.com/gpu"], told.Lists.Additional);
        Assert.Empty(told.Lists.Ignore);
        Assert.Contains("agents that know only the two lists", told.ListsLoss, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_lists_come_back_too()
    {
        const int Chars = NodeConditionLists.EntryCharsMax;
        string[] entries = [.. Enumerable.Range(0, NodeConditionLists.EntriesMax).Select(i => $"{i}.".PadRight(Chars, '+'))];
        var lists = Lists(entries, entries);
        Assert.True(NodeConditionRules.TryCreate(RuleTranslation.Of(lists).Pairs, out var back, out _));
        Assert.Equal(lists, back);
    }

    private static bool Covers(string[] entries, string type) =>
        entries.Any(entry => entry == type || (entry.EndsWith('*') && type.StartsWith(entry[..^1], StringComparison.Ordinal)));

    private static string[] Split(string entries) => entries.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static NodeConditionLists Lists(string[] additional, string[] ignore)
    {
        Assert.True(NodeConditionRules.TryCreate(additional, ignore, out var rules, out var errors), string.Join('\n', errors));
        return Assert.IsType<NodeConditionLists>(rules);
    }
}
