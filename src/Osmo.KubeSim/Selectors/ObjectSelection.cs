using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Selectors;

/// <summary>The namespace, labelSelector and fieldSelector of a request for pods or events.</summary>
internal sealed class ObjectSelection
{
    private readonly LabelSelector _labels;
    private readonly List<(string Field, string Value, bool Negated)> _terms = [];

    private readonly string? _namespace;

    private ObjectSelection(LabelSelector labels, string? ns) => (_labels, _namespace) = (labels, ns);

    /// <summary>No selector was given; there may be a namespace.</summary>
    public bool MatchesEverything => _labels.MatchesEverything && _terms.Count == 0;

    /// <summary>Throws <see cref="FormatException"/> for a field that the kind cannot be selected by.</summary>
    public static ObjectSelection Parse(ObjectKind kind, string? ns, string? labels, string? fields)
    {
        var selection = new ObjectSelection(LabelSelectorParser.Parse(labels), ns);
        foreach (var term in (fields ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = term.IndexOf('=', StringComparison.Ordinal);
            var negated = at > 0 && term[at - 1] == '!';
            var field = at > 0 ? term[..(negated ? at - 1 : at)] : "";
            if (!kind.Fields.Contains(field))
            {
                throw new FormatException(
                    $"Unable to find \"/v1, Resource={kind.Resource}\" that match label selector \"{labels}\", "
                    + $"field selector \"{fields}\": field label \"{field}\" not supported for {kind.Kind}");
            }

            selection._terms.Add((field, term[(at + 1)..].TrimStart('='), negated));
        }

        return selection;
    }

    public bool Matches(SimulatedObject candidate)
    {
        if (_namespace is not null && candidate.Namespace != _namespace)
        {
            return false;
        }

        if (MatchesEverything)
        {
            return true;
        }

        var json = Json.Parse(candidate.JsonUtf8.Span)!.AsObject();
        var labels = (json["metadata"]?["labels"] as JsonObject)?.ToDictionary(label => label.Key, label => (string)label.Value!) ?? [];
        return _labels.Matches(labels) && _terms.TrueForAll(term => (Value(json, term.Field) == term.Value) != term.Negated);
    }

    private static string Value(JsonObject candidate, string field)
    {
        var parts = field.Split('.');
        return (parts.Length == 1 ? candidate : candidate[parts[0]] as JsonObject).Text(parts[^1]) ?? "";
    }
}
