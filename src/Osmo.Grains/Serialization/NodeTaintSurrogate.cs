using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>A taint on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.node-taint.surrogate")]
internal struct NodeTaintSurrogate
{
    /// <summary>See <see cref="NodeTaint.Key"/>.</summary>
    [Id(0)]
    public string Key;

    /// <summary>See <see cref="NodeTaint.Value"/>.</summary>
    [Id(1)]
    public string Value;

    /// <summary>See <see cref="NodeTaint.Effect"/>.</summary>
    [Id(2)]
    public string Effect;
}

/// <summary>Takes taints to other silos.</summary>
[RegisterConverter]
internal sealed class NodeTaintConverter : IConverter<NodeTaint, NodeTaintSurrogate>
{
    /// <inheritdoc/>
    public NodeTaint ConvertFromSurrogate(in NodeTaintSurrogate surrogate) =>
        SharedFacts.Taint(surrogate.Key, surrogate.Value, surrogate.Effect);

    /// <inheritdoc/>
    public NodeTaintSurrogate ConvertToSurrogate(in NodeTaint value) =>
        new() { Key = value.Key, Value = value.Value, Effect = value.Effect };
}

/// <summary>Taints are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeTaintCopier : ShallowCopier<NodeTaint>;
