using System.Runtime.InteropServices;
using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>What of a node is in use, on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.node-usage.surrogate")]
internal struct NodeUsageSurrogate
{
    /// <summary>See <see cref="NodeUsage.All"/>.</summary>
    [Id(0)]
    public NodeResource[]? All;

    /// <summary>See <see cref="NodeUsage.NonWorkflow"/>.</summary>
    [Id(1)]
    public NodeResource[]? NonWorkflow;
}

/// <summary>Takes usages to other silos.</summary>
[RegisterConverter]
internal sealed class NodeUsageConverter : IConverter<NodeUsage, NodeUsageSurrogate>
{
    /// <inheritdoc/>
    public NodeUsage ConvertFromSurrogate(in NodeUsageSurrogate surrogate) => new(
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.All ?? []),
        ImmutableCollectionsMarshal.AsImmutableArray(surrogate.NonWorkflow ?? []));

    /// <inheritdoc/>
    public NodeUsageSurrogate ConvertToSurrogate(in NodeUsage value) => new()
    {
        All = ImmutableCollectionsMarshal.AsArray(value.All),
        NonWorkflow = ImmutableCollectionsMarshal.AsArray(value.NonWorkflow),
    };
}

/// <summary>Usages are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeUsageCopier : ShallowCopier<NodeUsage>;
