using System.Runtime.InteropServices;
using Orleans.Serialization.Cloning;
using Osmo.Domain.Availability;

namespace Osmo.Grains.Serialization;

/// <summary>A verdict on its way to another silo. Its reasons follow from the rest.</summary>
[GenerateSerializer]
[Alias("osmo.node-verdict.surrogate")]
internal struct NodeVerdictSurrogate
{
    /// <summary>See <see cref="NodeVerdict.Conditions"/>.</summary>
    [Id(0)]
    public ConditionVerdictSurrogate[] Conditions;

    /// <summary>See <see cref="NodeVerdict.Cordoned"/>.</summary>
    [Id(1)]
    public bool Cordoned;

    /// <summary>See <see cref="NodeVerdict.AgentVerdict"/>.</summary>
    [Id(2)]
    public bool? AgentVerdict;
}

/// <summary>A condition with what was asked of it, on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.condition-verdict.surrogate")]
internal struct ConditionVerdictSurrogate
{
    /// <summary>See <see cref="ConditionVerdict.Type"/>.</summary>
    [Id(0)]
    public string Type;

    /// <summary>See <see cref="ConditionVerdict.Status"/>.</summary>
    [Id(1)]
    public string Status;

    /// <summary>See <see cref="ConditionRequirement.Required"/>.</summary>
    [Id(2)]
    public RequiredStatus Required;

    /// <summary>See <see cref="ConditionRequirement.Source"/>.</summary>
    [Id(3)]
    public RuleSource Source;

    /// <summary>See <see cref="ConditionRequirement.Entry"/>.</summary>
    [Id(4)]
    public string? Entry;
}

/// <summary>Takes verdicts to other silos.</summary>
[RegisterConverter]
internal sealed class NodeVerdictConverter : IConverter<NodeVerdict, NodeVerdictSurrogate>
{
    /// <inheritdoc/>
    public NodeVerdict ConvertFromSurrogate(in NodeVerdictSurrogate surrogate)
    {
        var conditions = Array.ConvertAll(
            surrogate.Conditions,
            condition => new ConditionVerdict(
                condition.Type, condition.Status, new ConditionRequirement(condition.Required, condition.Source, condition.Entry)));
        return new NodeVerdict(ImmutableCollectionsMarshal.AsImmutableArray(conditions), surrogate.Cordoned, surrogate.AgentVerdict);
    }

    /// <inheritdoc/>
    public NodeVerdictSurrogate ConvertToSurrogate(in NodeVerdict value) => new()
    {
        Conditions = Array.ConvertAll(
            ImmutableCollectionsMarshal.AsArray(value.Conditions) ?? [],
            condition => new ConditionVerdictSurrogate
            {
                Type = condition.Type,
                Status = condition.Status,
                Required = condition.Requirement.Required,
                Source = condition.Requirement.Source,
                Entry = condition.Requirement.Entry,
            }),
        Cordoned = value.Cordoned,
        AgentVerdict = value.AgentVerdict,
    };
}

/// <summary>Verdicts are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeVerdictCopier : ShallowCopier<NodeVerdict>;
