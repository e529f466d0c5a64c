using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Osmo.Domain.Availability;

namespace Osmo.Grains.Serialization;

/// <summary>Rules on their way to another silo, in either of their forms.</summary>
[GenerateSerializer]
[Alias("osmo.node-condition-rules.surrogate")]
internal struct NodeConditionRulesSurrogate
{
    /// <summary>Of lists: see <see cref="NodeConditionLists.Additional"/>.</summary>
    [Id(0)]
    public string[]? Additional;

    /// <summary>Of lists: see <see cref="NodeConditionLists.Ignore"/>.</summary>
    [Id(1)]
    public string[]? Ignore;

    /// <summary>Of patterns: the rules, each as its type and its status. Null of lists.</summary>
    [Id(2)]
    public string[]? Pairs;
}

/// <summary>Takes rules of both forms to other silos.</summary>
[RegisterSerializer]
internal sealed class NodeConditionRulesCodec(IValueSerializer<NodeConditionRulesSurrogate> surrogates)
    : GeneralizedReferenceTypeSurrogateCodec<NodeConditionRules, NodeConditionRulesSurrogate>(surrogates)
{
    /// <inheritdoc/>
    public override NodeConditionRules ConvertFromSurrogate(ref NodeConditionRulesSurrogate surrogate)
    {
        NodeConditionRules rules;
        ImmutableArray<RuleError> errors;
        var valid = surrogate.Pairs is { } pairs
            ? NodeConditionRules.TryCreate([.. pairs.Chunk(2).Select(pair => new ConditionRule(pair[0], pair[1]))], out rules, out errors)
            : NodeConditionRules.TryCreate(surrogate.Additional ?? [], surrogate.Ignore ?? [], out rules, out errors);
        return valid
            ? rules
            : throw new InvalidDataException($"Another silo sent rules that this build refuses: {errors[0].Message} Update this silo.");
    }

    /// <inheritdoc/>
    public override void ConvertToSurrogate(NodeConditionRules value, ref NodeConditionRulesSurrogate surrogate)
    {
        if (value is NodeConditionPatterns patterns)
        {
            surrogate.Pairs = [.. patterns.Rules.SelectMany(rule => new[] { rule.Type, rule.Status })];
            return;
        }

        var lists = (NodeConditionLists)value;
        surrogate.Additional = ImmutableCollectionsMarshal.AsArray(lists.Additional);
        surrogate.Ignore = ImmutableCollectionsMarshal.AsArray(lists.Ignore);
    }
}

/// <summary>Rules are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeConditionRulesCopier : ShallowCopier<NodeConditionRules>, IDerivedTypeCopier;
