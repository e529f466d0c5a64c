using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>A label on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.node-label.surrogate")]
internal struct NodeLabelSurrogate
{
    /// <summary>See <see cref="NodeLabel.Key"/>.</summary>
    [Id(0)]
    public string Key;

    /// <summary>See <see cref="NodeLabel.Value"/>.</summary>
    [Id(1)]
    public string Value;
}

/// <summary>Takes labels to other silos.</summary>
[RegisterConverter]
internal sealed class NodeLabelConverter : IConverter<NodeLabel, NodeLabelSurrogate>
{
    /// <inheritdoc/>
    public NodeLabel ConvertFromSurrogate(in NodeLabelSurrogate surrogate) => SharedFacts.Label(surrogate.Key, surrogate.Value);

    /// <inheritdoc/>
    public NodeLabelSurrogate ConvertToSurrogate(in NodeLabel value) => new() { Key = value.Key, Value = value.Value };
}

/// <summary>Labels are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeLabelCopier : ShallowCopier<NodeLabel>;
