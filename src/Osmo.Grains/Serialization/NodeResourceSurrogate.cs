using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>An amount of a resource on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.node-resource.surrogate")]
internal struct NodeResourceSurrogate
{
    /// <summary>See <see cref="NodeResource.Name"/>.</summary>
    [Id(0)]
    public string Name;

    /// <summary>See <see cref="NodeResource.Quantity"/>.</summary>
    [Id(1)]
    public string Quantity;
}

/// <summary>Takes amounts to other silos.</summary>
[RegisterConverter]
internal sealed class NodeResourceConverter : IConverter<NodeResource, NodeResourceSurrogate>
{
    /// <inheritdoc/>
    public NodeResource ConvertFromSurrogate(in NodeResourceSurrogate surrogate) =>
        SharedFacts.Resource(surrogate.Name, surrogate.Quantity);

    /// <inheritdoc/>
    public NodeResourceSurrogate ConvertToSurrogate(in NodeResource value) => new() { Name = value.Name, Quantity = value.Quantity };
}

/// <summary>Amounts are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeResourceCopier : ShallowCopier<NodeResource>;
