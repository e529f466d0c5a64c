using Orleans.Serialization.Cloning;
using Osmo.Domain.Availability;

namespace Osmo.Grains.Serialization;

/// <summary>A condition on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.condition-pair.surrogate")]
internal struct ConditionPairSurrogate
{
    /// <summary>See <see cref="ConditionPair.Type"/>.</summary>
    [Id(0)]
    public string Type;

    /// <summary>See <see cref="ConditionPair.Status"/>.</summary>
    [Id(1)]
    public string Status;
}

/// <summary>Takes conditions to other silos.</summary>
[RegisterConverter]
internal sealed class ConditionPairConverter : IConverter<ConditionPair, ConditionPairSurrogate>
{
    /// <inheritdoc/>
    public ConditionPair ConvertFromSurrogate(in ConditionPairSurrogate surrogate) => new(surrogate.Type, surrogate.Status);

    /// <inheritdoc/>
    public ConditionPairSurrogate ConvertToSurrogate(in ConditionPair value) => new() { Type = value.Type, Status = value.Status };
}

/// <summary>Conditions are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class ConditionPairCopier : ShallowCopier<ConditionPair>;
