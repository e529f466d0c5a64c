using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Selectors;

/// <summary>The fields a Node can be selected by: metadata.name and spec.unschedulable.</summary>
internal sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([]);

    private readonly IReadOnlyList<(string Field, string Value, bool Negated)> _terms;

    private FieldSelector(IReadOnlyList<(string, string, bool)> terms) => _terms = terms;

    public bool MatchesEverything => _terms.Count == 0;

    /// <summary>Throws <see cref="FormatException"/> for a field that nodes cannot be selected by.</summary>
    public static FieldSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Everything;
        }

        var terms = new List<(string, string, bool)>();
        foreach (var term in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = term.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new FormatException($"invalid selector: '{term}'; can't understand '{term}'");
            }

            var negated = term[at - 1] == '!';
            var field = term[..(negated ? at - 1 : at)];
            var value = term[(at + 1)..].TrimStart('=');
            if (field is not ("metadata.name" or "spec.unschedulable"))
            {
                throw new FormatException(
                    $"Unable to find \"/v1, Resource=nodes\" that match label selector \"\", field selector \"{text}\": "
                    + $"field label \"{field}\" not supported for Node");
            }

            terms.Add((field, value, negated));
        }

        return new FieldSelector(terms);
    }

    public bool Matches(SimulatedNode node)
    {
        foreach (var (field, value, negated) in _terms)
        {
            var actual = field == "metadata.name" ? node.Name : node.Unschedulable ? "true" : "false";
            if (actual == value == negated)
            {
                return false;
            }
        }

        return true;
    }
}
