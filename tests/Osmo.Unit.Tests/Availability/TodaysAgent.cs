using System.Text.RegularExpressions;
using Osmo.Domain.Availability;

namespace Osmo.Unit.Tests.Availability;

/// <summary>How an agent that knows only rules judges a node, written as plainly as it reads and on the engine that backtracks.</summary>
internal static class TodaysAgent
{
    /// <summary>The failing conditions; null where the agent refuses the rules as a whole.</summary>
    public static ConditionPair[]? Failing(IReadOnlyList<ConditionRule> rules, IEnumerable<ConditionPair> conditions)
    {
        if (rules.Any(rule => Applies(rule, "Ready") && rule.Status != "True"))
        {
            return null;
        }

        var effective = rules.Any(rule => Applies(rule, "Ready")) ? rules : [.. rules, new ConditionRule("^Ready$", "True")];
        return
        [
            .. conditions.Where(condition => effective.Any(rule => Applies(rule, condition.Type))
                && !effective.Any(rule => Applies(rule, condition.Type) && Allows(rule, condition.Status))),
        ];
    }

    private static bool Applies(ConditionRule rule, string type) => Engine($@"\A(?:{rule.Type})").IsMatch(type);

    private static bool Allows(ConditionRule rule, string status) => Engine($"^(?:{rule.Status})$").IsMatch(status);

    private static Regex Engine(string pattern) =>
        new(pattern.Replace(@"\Z", @"\z", StringComparison.Ordinal), RegexOptions.CultureInvariant);
}
