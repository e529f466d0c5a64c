using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>A node on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.node-snapshot.surrogate")]
internal struct NodeSnapshotSurrogate
{
    /// <summary>See <see cref="NodeSnapshot.Name"/>.</summary>
    [Id(0)]
    public string Name;

    /// <summary>See <see cref="NodeSnapshot.Uid"/>.</summary>
    [Id(1)]
    public string Uid;

    /// <summary>See <see cref="NodeSnapshot.Unschedulable"/>.</summary>
    [Id(2)]
    public bool Unschedulable;

    /// <summary>See <see cref="NodeSnapshot.Conditions"/>.</summary>
    [Id(3)]
    public ConditionSet Conditions;

    /// <summary>See <see cref="NodeSnapshot.Facts"/>.</summary>
    [Id(4)]
    public NodeFacts Facts;

    /// <summary>See <see cref="NodeSnapshot.Available"/>.</summary>
    [Id(5)]
    public bool Available;

    /// <summary>See <see cref="NodeSnapshot.AvailableSince"/>.</summary>
    [Id(6)]
    public DateTimeOffset AvailableSince;

    /// <summary>See <see cref="NodeSnapshot.VerifiedLabel"/>.</summary>
    [Id(7)]
    public string? VerifiedLabel;

    /// <summary>See <see cref="NodeSnapshot.AgentVerdict"/>.</summary>
    [Id(8)]
    public bool? AgentVerdict;

    /// <summary>See <see cref="NodeSnapshot.Version"/>.</summary>
    [Id(9)]
    public long Version;

    /// <summary>See <see cref="NodeSnapshot.Usage"/>.</summary>
    [Id(10)]
    public NodeUsage? Usage;
}

/// <summary>Takes nodes to other silos.</summary>
[RegisterConverter]
internal sealed class NodeSnapshotConverter : IConverter<NodeSnapshot, NodeSnapshotSurrogate>
{
    /// <inheritdoc/>
    public NodeSnapshot ConvertFromSurrogate(in NodeSnapshotSurrogate surrogate) => new(
        surrogate.Name,
        surrogate.Uid,
        surrogate.Unschedulable,
        surrogate.Conditions,
        surrogate.Facts,
        surrogate.Available,
        surrogate.AvailableSince,
        surrogate.VerifiedLabel)
    {
        AgentVerdict = surrogate.AgentVerdict,
        Version = surrogate.Version,
        Usage = surrogate.Usage,
    };

    /// <inheritdoc/>
    public NodeSnapshotSurrogate ConvertToSurrogate(in NodeSnapshot value) => new()
    {
        Name = value.Name,
        Uid = value.Uid,
        Unschedulable = value.Unschedulable,
        Conditions = value.Conditions,
        Facts = value.Facts,
        Available = value.Available,
        AvailableSince = value.AvailableSince,
        VerifiedLabel = value.VerifiedLabel,
        AgentVerdict = value.AgentVerdict,
        Version = value.Version,
        Usage = value.Usage,
    };
}

/// <summary>Snapshots are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class NodeSnapshotCopier : ShallowCopier<NodeSnapshot>;
