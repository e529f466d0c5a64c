using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class NodeConditionPatternsTests
{
    [Theory]

    // Anchored at the start of a type only, and over the whole of a status.
    [InlineData("Disk", "False", "DiskPressure", "True", false)]
    [InlineData("Disk", "False", "DiskPressure", "False", true)]
    [InlineData("Pressure", "False", "DiskPressure", "True", true)]
    [InlineData(".*Pressure", "False", "DiskPressure", "True", false)]
    [InlineData("Disk", "Fal", "DiskPressure", "False", false)]
    [InlineData("Disk", "alse", "DiskPressure", "False", false)]
    [InlineData("GpuHealthy$", "True", "GpuHealthyToo", "False", true)]
    [InlineData(@"GpuHealthy\Z", "True", "GpuHealthyToo", "False", true)]
    [InlineData(@"GpuHealthy\Z", "True", "GpuHealthy", "False", false)]
    [InlineData("A|B", "True", "Bad", "False", false)]
    [InlineData("(?i)gpu", "True", "GPUHealthy", "False", false)]
    [InlineData("(?i:g)pu", "True", "Gpu", "False", false)]
    [InlineData("gpu", "True", "GPUHealthy", "False", true)]
    [InlineData("[]x]", "True", "]", "False", false)]
    [InlineData(@"nvidia\.com/", "True", "nvidia.com/gpu", "Unknown", false)]
    [InlineData(@"\D{2}\d+", "True", "ab12", "False", false)]

    // Several statuses.
    [InlineData("Gpu", "False|Unknown", "Gpu", "Unknown", true)]
    [InlineData("Gpu", "False|Unknown", "Gpu", "False", true)]
    [InlineData("Gpu", "False|Unknown", "Gpu", "True", false)]
    [InlineData("Gpu", "False|Unknown", "Gpu", "", false)]
    [InlineData("Gpu", ".*", "Gpu", "", true)]
    [InlineData("Gpu", "true", "Gpu", "True", false)]

    // What no rule applies to has no say; Ready must be True all the same.
    [InlineData("Gpu", "True", "DiskPressure", "True", true)]
    [InlineData("Gpu", "True", "Ready", "False", false)]
    [InlineData("Gpu", "True", "Ready", "Unknown", false)]
    [InlineData("Gpu", "True", "ReadyToServe", "False", true)]
    [InlineData("Ready", "True", "ReadyToServe", "False", false)]
    public void A_condition_is_judged_as_agents_do(string typePattern, string statusPattern, string type, string status, bool passes)
    {
        var rules = Rules((typePattern, statusPattern));
        var verdict = rules.Explain([new(type, status)], unschedulable: false);

        Assert.Equal(passes, verdict.Available);
        Assert.Equal(passes, TodaysAgent.Failing([new(typePattern, statusPattern)], [new(type, status)])!.Length == 0);
    }

    [Fact]
    public void One_rule_that_allows_is_enough_however_strict_another_is()
    {
        var rules = Rules(("Gpu.*", "True"), ("GpuBusy", "False|Unknown"), ("Gpu", "Degraded"));

        Assert.Equal(
            new ConditionRequirement(RequiredStatus.Matching, RuleSource.AllowingRule, "\"GpuBusy\": \"False|Unknown\""),
            rules.Classify("GpuBusy", "Unknown"));
        Assert.Equal(
            new ConditionRequirement(RequiredStatus.True, RuleSource.AllowingRule, "\"Gpu.*\": \"True\""),
            rules.Classify("GpuBusy", "True"));
        Assert.Equal(
            "GpuHealthy is False, which no rule allows (rules has \"Gpu.*\": \"True\", \"Gpu\": \"Degraded\")",
            Assert.Single(rules.Explain([new("GpuHealthy", "False")], false).Reasons).Sentence);
    }

    [Fact]
    public void A_node_without_conditions_or_without_ready_is_available_and_a_cordoned_one_is_not()
    {
        var rules = Rules(("Ready", "True"));
        Assert.True(rules.Explain([], unschedulable: false).Available);
        Assert.True(rules.Explain([new("Other", "True")], unschedulable: false).Available);
        Assert.False(rules.Explain([new("Ready", "True")], unschedulable: true).Available);
    }

    [Fact]
    public void No_rules_at_all_demand_ready_and_nothing_else()
    {
        var rules = Rules();
        Assert.Equal(new(RequiredStatus.True, RuleSource.ReadyDefault, "Ready"), rules.Classify("Ready", "False"));
        Assert.Equal(new(RequiredStatus.Any, RuleSource.NoRule, null), rules.Classify("DiskPressure", "True"));
        Assert.NotEqual(NodeConditionRules.Default, rules);
    }

    [Fact]
    public void Reasons_name_the_rules_that_decided()
    {
        var rules = Rules(("Gpu.*", "True"), ("G", "True"), ("Gp", "True"), ("Gpu", "True"), ("Disk", "False|Unknown"));
        var verdict = rules.Explain(
            [new("Gone", "False"), new("GpuHealthy", "False"), new("DiskFull", "True"), new("Ready", "False")], unschedulable: false);

        Assert.Equal(
            [
                "Gone is False, must be True (rules has \"G\": \"True\")",
                "GpuHealthy is False, must be True (rules has \"Gpu.*\": \"True\", \"G\": \"True\", \"Gp\": \"True\" and 1 more)",
                "DiskFull is True, which no rule allows (rules has \"Disk\": \"False|Unknown\")",
                "Ready is False, must be True (always required)",
            ],
            verdict.Reasons.Select(reason => reason.Sentence));
        Assert.Equal(["True", "True", null, "True"], verdict.Reasons.Select(reason => reason.Required));
        Assert.All(verdict.Reasons.SkipLast(1), reason => Assert.Equal(RuleSource.RefusingRules, reason.Source));
    }

    [Theory]
    [InlineData("Ready", "true")]
    [InlineData("Ready", "True|False")]
    [InlineData("Ready", "^True$")]
    [InlineData(".*", "False")]
    [InlineData("R", "Unknown")]
    [InlineData("(?i)ready", "False")]
    public void Whatever_matches_ready_may_only_ask_for_true(string type, string status)
    {
        Assert.Null(TodaysAgent.Failing([new(type, status)], []));
        var error = Refused((type, status));
        Assert.Contains("matches Ready", error.Message, StringComparison.Ordinal);
        Assert.Contains("agents refuse any other rule", error.Message, StringComparison.Ordinal);
        Assert.Equal($"node_conditions.rules.{type}", error.Field);
    }

    [Theory]
    [InlineData("(?!Gpu).*", "looking ahead")]
    [InlineData("(?=Gpu)", "looking ahead")]
    [InlineData("a(?<=Gpu)", "looking ahead")]
    [InlineData("a(?<!Gpu)", "looking ahead")]
    [InlineData(@"(a)\1", "refers back")]
    [InlineData("(?P<n>a)(?P=n)", "names a group")]
    [InlineData("(a)(?P=n)", "linear time")]
    [InlineData("(?<n>a)", "names a group")]
    [InlineData("(?'n'a)", "names a group")]
    [InlineData("(?>a)", "linear time")]
    [InlineData("(a)?(?(1)b|c)", "linear time")]
    [InlineData("(?x)a b", "has \"(?\"")]
    [InlineData("(?#note)a", "has \"(?\"")]
    [InlineData("a(?i)b", "only at the start")]
    [InlineData("(?-i)a", "has \"(?\"")]
    [InlineData(@"\p{L}", "not every agent's engine")]
    [InlineData(@"a\z", "Write \"\\Z\"")]
    [InlineData(@"[\Z]", "not every agent's engine")]
    [InlineData("[a-z-[b]]", "inside of")]
    [InlineData("[[:alpha:]]", "inside of")]
    [InlineData("a{,3}", "lower bound")]
    [InlineData("Gpu((", "no regular expression")]
    [InlineData("a)(b", "no regular expression")]
    [InlineData("a**", "no regular expression")]
    [InlineData("a\\", "no regular expression")]
    [InlineData("(a{1000}){1000}", "repeats so much")]
    [InlineData("", "is empty")]
    public void A_pattern_that_agents_read_otherwise_or_that_needs_backtracking_is_refused(string pattern, string problem)
    {
        var error = Refused((pattern, "True"));
        Assert.Equal($"node_conditions.rules.{pattern}", error.Field);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tr(ue", "no regular expression")]
    [InlineData("(?i)true", "only at the start")]
    [InlineData("(?!True).*", "looking ahead")]
    [InlineData("", "is empty")]
    public void A_bad_pattern_of_statuses_is_refused_under_its_rule(string status, string problem)
    {
        var error = Refused(("Gpu", status));
        Assert.Equal("node_conditions.rules.Gpu", error.Field);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_rule_is_reported()
    {
        ConditionRule[] pairs = [new("(", "("), new("Ready", "False"), new("Fine", "True")];
        Assert.False(NodeConditionRules.TryCreate(pairs, out var rules, out var errors));
        Assert.Equal(["(", "(", "Ready"], errors.Select(error => error.Entry));
        Assert.Same(NodeConditionRules.Default, rules);
    }

    [Theory]
    [InlineData(NodeConditionPatterns.PatternCharsMax, true)]
    [InlineData(NodeConditionPatterns.PatternCharsMax + 1, false)]
    public void A_pattern_may_have_500_characters(int length, bool legal)
    {
        var pattern = new string('x', length);
        Assert.Equal(legal, NodeConditionRules.TryCreate([new(pattern, "True")], out _, out var errors));
        Assert.Equal(legal, NodeConditionRules.TryCreate([new("x", pattern)], out _, out _));
        Assert.All(errors, error => Assert.InRange(error.Message.Length, 1, 400));
    }

    [Theory]
    [InlineData(NodeConditionPatterns.RulesMax, true)]
    [InlineData(NodeConditionPatterns.RulesMax + 1, false)]
    public void A_backend_may_have_200_rules(int count, bool legal)
    {
        var pairs = Enumerable.Range(0, count).Select(i => new ConditionRule($"x{i}", "True")).ToArray();
        Assert.Equal(legal, NodeConditionRules.TryCreate(pairs, out _, out _));
    }

    [Fact]
    public void A_pattern_that_stands_there_twice_is_refused() =>
        Assert.Contains("twice", Refused(("Gpu", "True"), ("Gpu", "False")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("(x+x+)+y")]
    [InlineData("(a|aa)+$")]
    [InlineData("([a-zA-Z]+)*!")]
    [InlineData("(.*)*.*[^x]")]
    public async Task A_pattern_that_would_take_a_backtracking_engine_for_ever_is_judged_at_once(string pattern)
    {
        var rules = Rules((pattern, "True"));
        var types = new[] { new string('x', 316), new string('a', 315) + "b", new string('a', 50) };

        // A backtracking engine would need longer than the machine lasts; any engine of linear time is done long before.
        await Task.Run(() => types.Select(type => rules.Classify(type, "False")).ToArray())
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Rules_are_equal_by_value_in_their_order()
    {
        Assert.Equal(Rules(("a", "True"), ("b", "False")), Rules(("a", "True"), ("b", "False")));
        Assert.Equal(Rules(("a", "True"), ("b", "False")).GetHashCode(), Rules(("a", "True"), ("b", "False")).GetHashCode());
        Assert.NotEqual(Rules(("a", "True"), ("b", "False")), Rules(("b", "False"), ("a", "True")));
        Assert.NotEqual(Rules(("a", "True")), Rules(("a", "False")));
        Assert.NotEqual(Rules(), NodeConditionRules.Default);
    }

    [Fact]
    public void A_compiled_policy_agrees_with_the_rules_also_for_pairs_that_it_meets_later()
    {
        var rules = Rules(("Gpu.*", "True"));
        var table = new ConditionTable();
        var good = table.Intern("GpuHealthy", "True");
        var policy = new ConditionPolicy(rules, table);
        var bad = table.Intern("GpuHealthy", "Unknown");
        var silent = table.Intern("DiskPressure", "True");

        Assert.True(policy.IsAvailable([good, silent], unschedulable: false));
        Assert.False(policy.IsAvailable([good, bad], unschedulable: false));
        Assert.False(policy.IsAvailable([good], unschedulable: true));
    }

    private static NodeConditionPatterns Rules(params (string Type, string Status)[] pairs)
    {
        Assert.True(NodeConditionRules.TryCreate(Pairs(pairs), out var rules, out var errors), string.Join('\n', errors));
        return Assert.IsType<NodeConditionPatterns>(rules);
    }

    private static RuleError Refused(params (string Type, string Status)[] pairs)
    {
        Assert.False(NodeConditionRules.TryCreate(Pairs(pairs), out _, out var errors));
        return Assert.Single(errors);
    }

    private static ConditionRule[] Pairs((string Type, string Status)[] pairs) =>
        [.. pairs.Select(pair => new ConditionRule(pair.Type, pair.Status))];
}
