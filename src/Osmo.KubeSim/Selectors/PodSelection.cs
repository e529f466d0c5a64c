using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Selectors;

/// <summary>The labelSelector and fieldSelector of a request for pods: by name, namespace, node and phase.</summary>
internal sealed class PodSelection
{
    private readonly LabelSelector _labels;
    private readonly List<(string Field, string Value, bool Negated)> _terms = [];

    private PodSelection(LabelSelector labels) => _labels = labels;

    public bool MatchesEverything => _labels.MatchesEverything && _terms.Count == 0;

    /// <summary>Throws <see cref="FormatException"/> for a field that pods cannot be selected by.</summary>
    public static PodSelection Parse(string? labels, string? fields)
    {
        var selection = new PodSelection(LabelSelectorParser.Parse(labels));
        foreach (var term in (fields ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = term.IndexOf('=', StringComparison.Ordinal);
            var negated = at > 0 && term[at - 1] == '!';
            var field = at > 0 ? term[..(negated ? at - 1 : at)] : "";
            if (field is not ("metadata.name" or "metadata.namespace" or "spec.nodeName" or "status.phase"))
            {
                throw new FormatException(
                    $"Unable to find \"/v1, Resource=pods\" that match label selector \"{labels}\", field selector \"{fields}\": "
                    + $"field label \"{field}\" not supported for Pod");
            }

            selection._terms.Add((field, term[(at + 1)..].TrimStart('='), negated));
        }

        return selection;
    }

    public bool Matches(SimulatedPod pod)
    {
        if (MatchesEverything)
        {
            return true;
        }

        var json = Json.Parse(pod.JsonUtf8.Span)!.AsObject();
        var labels = (json["metadata"]?["labels"] as JsonObject)?.ToDictionary(label => label.Key, label => (string)label.Value!) ?? [];
        return _labels.Matches(labels) && _terms.TrueForAll(term => (Value(json, term.Field) == term.Value) != term.Negated);
    }

    private static string Value(JsonObject pod, string field)
    {
        var parts = field.Split('.');
        return (pod[parts[0]] as JsonObject).Text(parts[1]) ?? "";
    }
}
