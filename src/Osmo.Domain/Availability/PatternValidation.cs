using System.Collections.Immutable;

namespace Osmo.Domain.Availability;

/// <summary>The checks that pairs of patterns must pass before they become rules.</summary>
internal static class PatternValidation
{
    public static ImmutableArray<(ConditionRule Rule, ConditionPattern Type, ConditionPattern Status)> Check(
        IReadOnlyList<ConditionRule> pairs, ImmutableArray<RuleError>.Builder errors)
    {
        if (pairs.Count > NodeConditionPatterns.RulesMax)
        {
            var field = NodeConditionPatterns.RulesField;
            errors.Add(new(field, null, null,
                $"{field}: {pairs.Count} rules, at most {NodeConditionPatterns.RulesMax} are allowed. Join patterns of types that may "
                + "have the same statuses: \"A|B\"."));
            return [];
        }

        var rules = ImmutableArray.CreateBuilder<(ConditionRule, ConditionPattern, ConditionPattern)>(pairs.Count);
        var types = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in pairs)
        {
            if (!types.Add(rule.Type))
            {
                Fail(errors, rule, "the pattern is there twice. Write it once, with all statuses that it allows: \"True|Unknown\".");
            }
            else
            {
                var type = Read(errors, rule, rule.Type, PatternPlace.Type);
                var status = Read(errors, rule, rule.Status, PatternPlace.Status);
                if (type is not null && status is not null)
                {
                    rules.Add((rule, type, status));
                    CheckReady(errors, rule, type);
                }
            }
        }

        return rules.ToImmutable();
    }

    private static ConditionPattern? Read(ImmutableArray<RuleError>.Builder errors, ConditionRule rule, string text, PatternPlace place)
    {
        var what = place == PatternPlace.Type ? "the pattern" : $"the pattern of statuses \"{ListValidation.Show(text)}\"";
        if (text.Length == 0)
        {
            Fail(errors, rule, place == PatternPlace.Type
                ? "the pattern of types is empty. Write \".*\" if every type is meant."
                : "the pattern of statuses is empty. Write the statuses that are allowed, such as \"True\" or \"False|Unknown\".");
            return null;
        }

        if (text.Length > NodeConditionPatterns.PatternCharsMax)
        {
            Fail(errors, rule, $"{what} has {text.Length} characters, at most {NodeConditionPatterns.PatternCharsMax} are allowed. "
                + "Write several rules.");
            return null;
        }

        if (ConditionPattern.TryParse(text, place, out var pattern, out var problem))
        {
            return pattern;
        }

        Fail(errors, rule, $"{what} {problem}");
        return null;
    }

    /// <summary>Agents refuse such rules as a whole, and end when they are given them at their start.</summary>
    private static void CheckReady(ImmutableArray<RuleError>.Builder errors, ConditionRule rule, ConditionPattern type)
    {
        if (rule.Status != ConditionStatus.True && type.Matches(NodeConditionRules.ReadyType))
        {
            Fail(errors, rule, $"matches Ready, which may only be given \"True\", not \"{ListValidation.Show(rule.Status)}\": agents "
                + "refuse any other rule for Ready. Write a pattern that does not match Ready, such as the types themselves: \"A|B\".");
        }
    }

    private static void Fail(ImmutableArray<RuleError>.Builder errors, ConditionRule rule, string problem)
    {
        var shown = ListValidation.Show(rule.Type);
        var field = $"{NodeConditionPatterns.RulesField}.{shown}";
        errors.Add(new(field, null, shown, $"{field}: {problem}"));
    }
}
