using System.Runtime.InteropServices;
using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>
/// Facts of a node on their way to another silo. Labels and lists of resources that nodes share are written once in a message.
/// </summary>
[GenerateSerializer]
[Alias("osmo.node-facts.surrogate")]
internal struct NodeFactsSurrogate
{
    /// <summary>See <see cref="NodeFacts.Labels"/>.</summary>
    [Id(0)]
    public NodeLabel[]? Labels;

    /// <summary>See <see cref="NodeFacts.Taints"/>.</summary>
    [Id(1)]
    public NodeTaint[]? Taints;

    /// <summary>See <see cref="NodeFacts.Allocatable"/>.</summary>
    [Id(2)]
    public NodeResource[]? Allocatable;

    /// <summary>See <see cref="NodeFacts.Capacity"/>.</summary>
    [Id(3)]
    public NodeResource[]? Capacity;
}

/// <summary>Takes facts to other silos.</summary>
[RegisterConverter]
internal sealed class NodeFactsConverter : IConverter<NodeFacts, NodeFactsSurrogate>
{
    /// <inheritdoc/>
    public NodeFacts ConvertFromSurrogate(in NodeFactsSurrogate surrogate) => new(
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.Labels ?? []),
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.Taints ?? []),
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.Allocatable ?? []),
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.Capacity ?? []));

    /// <inheritdoc/>
    public NodeFactsSurrogate ConvertToSurrogate(in NodeFacts value) => new()
    {
        Labels = ImmutableCollectionsMarshal.AsArray(value.Labels),
        Taints = ImmutableCollectionsMarshal.AsArray(value.Taints),
        Allocatable = ImmutableCollectionsMarshal.AsArray(value.Allocatable),
        Capacity = ImmutableCollectionsMarshal.AsArray(value.Capacity),
    };
}

/// <summary>Facts are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeFactsCopier : ShallowCopier<NodeFacts>;
