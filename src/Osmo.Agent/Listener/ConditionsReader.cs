using System.Text.Json;
using Osmo.Domain.Availability;

namespace Osmo.Agent;

/// <summary>
/// Reads by which conditions nodes are to be judged, in either form: pushed, where nothing but the known fields may stand, or in the
/// backend's own configuration, where much else does.
/// </summary>
internal static class ConditionsReader
{
    private const string Available = "available_conditions";
    private const string Ignore = "ignore_conditions";
    private const string Rules = "rules";

    /// <summary>Reads the body of a push.</summary>
    /// <param name="body">The body.</param>
    /// <param name="rules">What it says.</param>
    /// <returns>Null, or why it cannot be used.</returns>
    public static string? ReadPush(JsonElement body, out NodeConditionRules rules)
    {
        rules = NodeConditionRules.Default;
        if (body.ValueKind != JsonValueKind.Object)
        {
            return "the body is no object";
        }

        List<string> fields = [.. body.EnumerateObject().Select(field => field.Name)];
        if (fields is [Rules])
        {
            return ReadRules(body.GetProperty(Rules), out rules);
        }

        return fields.Count is 1 or 2 && fields.Distinct().Count() == fields.Count && fields.All(field => field is Available or Ignore)
            ? ReadLists(body, Available, Ignore, out rules)
            : $"the body has to hold {Available} and {Ignore}, or {Rules}, and nothing else";
    }

    /// <summary>Reads a backend's configuration.</summary>
    /// <returns>Null, or why it says nothing that can be used.</returns>
    public static string? ReadConfiguration(JsonElement configuration, out NodeConditionRules rules)
    {
        const string Additional = "additional_node_conditions";
        const string IgnoreNode = "ignore_node_conditions";
        rules = NodeConditionRules.Default;
        if (configuration.ValueKind != JsonValueKind.Object
            || !configuration.TryGetProperty("node_conditions", out JsonElement conditions)
            || conditions.ValueKind != JsonValueKind.Object)
        {
            return "it has no node_conditions";
        }

        bool hasRules = conditions.TryGetProperty(Rules, out JsonElement pairs) && pairs.ValueKind == JsonValueKind.Object;
        if (hasRules && pairs.EnumerateObject().Any())
        {
            return ReadRules(pairs, out rules);
        }

        if (IsList(conditions, Available) || IsList(conditions, Ignore))
        {
            return ReadLists(conditions, Available, Ignore, out rules);
        }

        return IsList(conditions, Additional) || IsList(conditions, IgnoreNode) ? ReadLists(conditions, Additional, IgnoreNode, out rules)
            : hasRules ? ReadRules(pairs, out rules)
            : "its node_conditions hold neither lists nor rules";
    }

    private static bool IsList(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    private static string? ReadRules(JsonElement pairs, out NodeConditionRules rules)
    {
        rules = NodeConditionRules.Default;
        List<ConditionRule> read = [];
        if (pairs.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
        {
            return $"{Rules} is no map";
        }

        if (pairs.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty pair in pairs.EnumerateObject())
            {
                if (pair.Value.ValueKind != JsonValueKind.String)
                {
                    return $"{Rules} holds something else than texts";
                }

                // As in every JSON map, the last one of a name counts.
                read.RemoveAll(rule => rule.Type == pair.Name);
                read.Add(new ConditionRule(pair.Name, pair.Value.GetString()!));
            }
        }

        return NodeConditionRules.TryCreate(read, out rules, out var errors) ? null : errors[0].Message;
    }

    private static string? ReadLists(JsonElement parent, string availableName, string ignoreName, out NodeConditionRules rules)
    {
        rules = NodeConditionRules.Default;
        if (ReadList(parent, availableName, out List<string> available) is { } oddAvailable)
        {
            return oddAvailable;
        }

        return ReadList(parent, ignoreName, out List<string> ignore) is { } oddIgnore ? oddIgnore
            : NodeConditionRules.TryCreate(available, ignore, out rules, out var errors) ? null
            : errors[0].Message;
    }

    private static string? ReadList(JsonElement parent, string name, out List<string> entries)
    {
        entries = [];
        if (!parent.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            return $"{name} is no list of texts";
        }

        entries.AddRange(list.EnumerateArray().Select(item => item.GetString()!));
        return null;
    }
}
