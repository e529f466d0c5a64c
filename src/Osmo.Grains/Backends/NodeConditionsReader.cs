using System.Text.Json;
using Osmo.Grains.Availability;
using Osmo.Grains.Errors;

namespace Osmo.Grains.Backends;

/// <summary>Reads the field <c>node_conditions</c> of a configuration: the rules by which nodes are judged.</summary>
public static class NodeConditionsReader
{
    /// <summary>The field's name.</summary>
    public const string Field = "node_conditions";

    private const string PrefixField = $"{Field}.prefix";
    private const int PrefixCharsMax = 2_048;

    /// <summary>Reads the rules where no backend is there whose prefix would have to stay: any legal one will do.</summary>
    /// <param name="value">The field's value.</param>
    /// <exception cref="OsmoException">It breaks a rule; every part that does is named.</exception>
    public static NodeConditionRules Read(JsonElement value)
    {
        var fields = new JsonFields();
        var rules = Read(fields, value, prefixInForce: null);
        fields.ThrowIfAny();
        return rules;
    }

    internal static NodeConditionRules Read(JsonFields fields, JsonElement value, NodeConditionPrefix? prefixInForce)
    {
        if (!fields.IsObject(value, Field))
        {
            return NodeConditionRules.Default;
        }

        IReadOnlyList<string> additional = [];
        IReadOnlyList<string> ignore = [];
        foreach (var field in value.EnumerateObject())
        {
            switch (field.Name)
            {
                case "additional_node_conditions":
                    additional = fields.Strings(field.Value, NodeConditionRules.AdditionalField, NodeConditionRules.EntriesMax);
                    break;
                case "ignore_node_conditions":
                    ignore = fields.Strings(field.Value, NodeConditionRules.IgnoreField, NodeConditionRules.EntriesMax);
                    break;
                case "prefix":
                    CheckPrefix(fields, field.Value, prefixInForce);
                    break;
                default:
                    fields.Unknown($"{Field}.{field.Name}", "additional_node_conditions, ignore_node_conditions, prefix");
                    break;
            }
        }

        if (!NodeConditionRules.TryCreate(additional, ignore, out var rules, out var errors))
        {
            foreach (var error in errors)
            {
                var path = error.Index is { } index ? $"{error.Field}[{index}]" : error.Field;
                var saysWhere = error.Message.StartsWith(path, StringComparison.Ordinal);
                fields.Fail(path, saysWhere ? error.Message[path.Length..].TrimStart() : error.Message);
            }
        }

        return rules;
    }

    private static void CheckPrefix(JsonFields fields, JsonElement value, NodeConditionPrefix? inForce)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        var prefix = fields.Text(value, PrefixField, (inForce ?? NodeConditionPrefix.Default).Value, PrefixCharsMax);
        if (inForce is null)
        {
            if (!NodeConditionPrefix.TryCreate(prefix, out _, out var problem))
            {
                fields.Fail(PrefixField, problem);
            }
        }
        else if (prefix != inForce.Value)
        {
            fields.Fail(
                PrefixField,
                $"is \"{inForce.Value}\" and cannot be changed here: the agent reads it at start-up. Set the Helm value "
                + "global.nodeConditionPrefix and redeploy the agent, or leave the field out.");
        }
    }
}
