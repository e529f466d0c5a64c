using System.Collections.Immutable;
using Osmo.Domain.Availability;

namespace Osmo.Domain.Backends;

/// <summary>
/// Refuses texts of <c>node_conditions</c> that would never match. What is in force already is let be: it may be older than this check,
/// and whoever changes something else does not have to mend it.
/// </summary>
/// <param name="fields">What is wrong is added here.</param>
/// <param name="inForce">The rules in force.</param>
internal sealed class MatchingCheck(JsonFields fields, NodeConditionRules inForce)
{
    private readonly HashSet<string> _known = [.. inForce.Texts];

    /// <summary>Checks the entries of a list.</summary>
    public void Entries(string path, ImmutableArray<string> entries)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            // One of blanks alone is empty, which is said already.
            if (!_known.Contains(entries[i]) && !string.IsNullOrWhiteSpace(entries[i])
                && NeverMatching.ProblemOfEntry(entries[i]) is { } problem)
            {
                fields.Fail($"{path}[{i}]", $"\"{ListValidation.Show(entries[i])}\" {problem}");
            }
        }
    }

    /// <summary>Checks pairs of patterns.</summary>
    public void Pairs(string path, ImmutableArray<ConditionRule> pairs)
    {
        foreach (var (type, status) in pairs)
        {
            var place = $"{path}.{ListValidation.Show(type)}";
            if (!_known.Contains(type) && NeverMatching.ProblemOfPattern(type, PatternPlace.Type) is { } problem)
            {
                fields.Fail(place, $"the pattern {problem}");
            }

            if (!_known.Contains(status) && NeverMatching.ProblemOfPattern(status, PatternPlace.Status) is { } wrong)
            {
                fields.Fail(place, $"the pattern of statuses \"{ListValidation.Show(status)}\" {wrong}");
            }
        }
    }
}
