using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain.Availability;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Backends;

/// <summary>
/// Reads the field <c>node_conditions</c> of a configuration: the rules by which nodes are judged, in one of their two forms. What
/// documents carry besides for agents may be sent back with them, as long as it says the same.
/// </summary>
public static class NodeConditionsReader
{
    /// <summary>The field's name.</summary>
    public const string Field = "node_conditions";

    /// <summary>Of the field, the list of types that must be True, as agents that know only lists call it.</summary>
    public const string AvailableConditions = "available_conditions";

    /// <summary>Of the field, the list of ignored types, as agents that know only lists call it.</summary>
    public const string IgnoreConditions = "ignore_conditions";

    /// <summary>Of the field, the pairs of patterns.</summary>
    public const string Rules = "rules";

    private const string Additional = "additional_node_conditions";
    private const string Ignore = "ignore_node_conditions";
    private const string PrefixField = $"{Field}.prefix";
    private const int PrefixCharsMax = 2_048;

    /// <summary>Reads the rules where no backend is there whose prefix would have to stay: any legal one will do.</summary>
    /// <param name="value">The field's value.</param>
    /// <exception cref="OsmoException">It breaks a rule; every part that does is named.</exception>
    public static NodeConditionRules Read(JsonElement value)
    {
        var fields = new JsonFields();
        var rules = Read(fields, value, prefixInForce: null, NodeConditionRules.Default);
        fields.ThrowIfAny();
        return rules;
    }

    /// <summary>Reads the rules of a backend.</summary>
    /// <param name="fields">What is wrong is added here.</param>
    /// <param name="value">The field's value.</param>
    /// <param name="prefixInForce">The prefix that the field may only repeat; null where there is none.</param>
    /// <param name="rulesInForce">The rules that the field replaces; null where it was stored, and is taken as it is.</param>
    internal static NodeConditionRules Read(
        JsonFields fields, JsonElement value, NodeConditionPrefix? prefixInForce, NodeConditionRules? rulesInForce)
    {
        if (!fields.IsObject(value, Field))
        {
            return NodeConditionRules.Default;
        }

        var given = new Given();
        foreach (var field in value.EnumerateObject())
        {
            var path = $"{Field}.{field.Name}";
            switch (field.Name)
            {
                case Additional:
                    given.Additional = fields.Strings(field.Value, path, NodeConditionLists.EntriesMax);
                    break;
                case Ignore:
                    given.Ignore = fields.Strings(field.Value, path, NodeConditionLists.EntriesMax);
                    break;
                case Rules when field.Value.ValueKind != JsonValueKind.Null:
                    given.Pairs = [.. fields.Texts(field.Value, path).Select(pair => new ConditionRule(pair.Name, pair.Value))];
                    break;
                case AvailableConditions when field.Value.ValueKind != JsonValueKind.Null:
                    given.Available = fields.Strings(field.Value, path, NodeConditionLists.EntriesMax);
                    break;
                case IgnoreConditions when field.Value.ValueKind != JsonValueKind.Null:
                    given.Ignored = fields.Strings(field.Value, path, NodeConditionLists.EntriesMax);
                    break;
                case Rules or AvailableConditions or IgnoreConditions:
                    break;
                case "prefix":
                    CheckPrefix(fields, field.Value, prefixInForce);
                    break;
                default:
                    fields.Unknown(path, $"{Additional}, {Ignore}, {Rules}, prefix");
                    break;
            }
        }

        var rules = Choose(fields, given);
        CheckRepeated(fields, given, rules);

        // What is in force already may be said again, in whichever words. The default also stands for what could not be read.
        if (rulesInForce is not null && (rules.Equals(NodeConditionRules.Default) || !rules.Equals(rulesInForce)))
        {
            var check = new MatchingCheck(fields, rulesInForce);
            check.Entries($"{Field}.{Additional}", given.Additional);
            check.Entries($"{Field}.{Ignore}", given.Ignore);
            check.Pairs($"{Field}.{Rules}", given.Pairs ?? []);
        }

        return rules;
    }

    /// <summary>
    /// Takes out of a document the form of rules that a merge patch does not write, because writing one form replaces the other.
    /// </summary>
    internal static void DropOtherForm(JsonObject document, JsonObject patch)
    {
        if (document[Field] is JsonObject conditions && patch[Field] is JsonObject changes)
        {
            var lists = changes[Additional] is not null || changes[Ignore] is not null;
            if (changes[Rules] is not null && !lists)
            {
                conditions.Remove(Additional);
                conditions.Remove(Ignore);
            }
            else if (lists)
            {
                conditions.Remove(Rules);
            }
        }
    }

    private static NodeConditionRules Choose(JsonFields fields, Given given)
    {
        var listsSay = !given.Additional.IsEmpty || !given.Ignore.IsEmpty;
        ImmutableArray<RuleError> errors = [];
        var lists = NodeConditionRules.Default;
        if (listsSay && !NodeConditionRules.TryCreate(given.Additional, given.Ignore, out lists, out errors))
        {
            Report(fields, errors);
        }

        if (given.Pairs is not { } pairs || (listsSay && pairs.IsEmpty))
        {
            return lists;
        }

        if (!NodeConditionRules.TryCreate(pairs, out var rules, out var wrong))
        {
            Report(fields, wrong);
        }
        else if (listsSay && errors.IsEmpty && !rules.Equals(lists))
        {
            fields.Fail(
                $"{Field}.{Rules}",
                $"says something else than {Additional} and {Ignore} beside it, and a backend has only one of the two forms. "
                + "Leave out the one that is not meant: writing one replaces the other.");
        }

        return rules;
    }

    /// <summary>What agents are told is worked out from the rules: it may be repeated, but says nothing of its own.</summary>
    private static void CheckRepeated(JsonFields fields, Given given, NodeConditionRules rules)
    {
        if (given.Available is null && given.Ignored is null)
        {
            return;
        }

        var told = RuleTranslation.Of(rules).Lists;
        Check(given.Available, told.Additional, AvailableConditions, Additional);
        Check(given.Ignored, told.Ignore, IgnoreConditions, Ignore);

        void Check(ImmutableArray<string>? repeated, ImmutableArray<string> list, string name, string instead)
        {
            if (repeated is { } entries && !entries.AsSpan().SequenceEqual(list.AsSpan()))
            {
                fields.Fail(
                    $"{Field}.{name}",
                    $"only repeats for agents what {instead} says, and cannot be changed here. Write {instead}, or leave the field out.");
            }
        }
    }

    private static void Report(JsonFields fields, ImmutableArray<RuleError> errors)
    {
        foreach (var error in errors)
        {
            var path = error.Index is { } index ? $"{error.Field}[{index}]" : error.Field;
            var saysWhere = error.Message.StartsWith(path, StringComparison.Ordinal);
            fields.Fail(path, saysWhere ? error.Message[path.Length..].TrimStart(' ', ':') : error.Message);
        }
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

    /// <summary>What a document gives; null where it does not.</summary>
    private sealed class Given
    {
        public ImmutableArray<string> Additional { get; set; } = [];

        public ImmutableArray<string> Ignore { get; set; } = [];

        public ImmutableArray<ConditionRule>? Pairs { get; set; }

        public ImmutableArray<string>? Available { get; set; }

        public ImmutableArray<string>? Ignored { get; set; }
    }
}
