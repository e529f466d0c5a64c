using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>A node while it is being decoded, next to the state it had before. Reused from node to node.</summary>
internal sealed class NodeDraft
{
    private static readonly Func<NodeLabel, string> LabelKey = label => label.Key;

    private readonly InternedLists<NodeTaint> _taintLists = new();
    private readonly InternedLists<NodeCondition> _conditionLists = new();
    private readonly InternedLists<NodeResource> _resourceLists = new();

    public DraftList<NodeLabel> Labels = new();
    public DraftList<NodeTaint> Taints = new();
    public DraftList<NodeCondition> Conditions = new();
    public DraftList<NodeResource> Allocatable = new();
    public DraftList<NodeResource> Capacity = new();

    public NodeProjection? Known { get; set; }

    public string Name { get; set; } = "";

    public string Uid { get; set; } = "";

    public string ResourceVersion { get; set; } = "";

    public bool Unschedulable { get; set; }

    public bool IsInitialEventsEnd { get; set; }

    public MalformedNode? Malformed { get; private set; }

    public void Begin(NodeProjection? known)
    {
        Known = known;
        Name = Uid = ResourceVersion = "";
        Unschedulable = IsInitialEventsEnd = false;
        Malformed = null;
        Labels.Begin([]);
        Taints.Begin([]);
        Conditions.Begin([]);
        Allocatable.Begin([]);
        Capacity.Begin([]);
    }

    /// <summary>Remembers the first thing that is wrong; the rest of the node is still read, to keep the place in the stream.</summary>
    public void Fail(string field, string problem) => Malformed ??= new MalformedNode("", field, problem);

    /// <summary>The finished node: the known instance when nothing but the version differs; null when it is malformed.</summary>
    public NodeProjection? Finish(out MalformedNode? malformed)
    {
        if (Name.Length == 0)
        {
            Fail("metadata.name", "a node needs a name");
        }

        malformed = Malformed is null ? null : Malformed with { Name = Name };
        if (malformed is not null)
        {
            return null;
        }

        Labels.SortLastWins(LabelKey);
        NodeProjection? known = Known is not null && Known.Name == Name ? Known : null;
        bool sameLabels = known is not null && Labels.IsKnown(known.Labels);
        bool sameTaints = known is not null && Taints.IsKnown(known.Taints);
        bool sameConditions = known is not null && Conditions.IsKnown(known.Conditions);
        bool sameAllocatable = known is not null && Allocatable.IsKnown(known.Allocatable);
        bool sameCapacity = known is not null && Capacity.IsKnown(known.Capacity);
        if (sameLabels && sameTaints && sameConditions && sameAllocatable && sameCapacity
            && known!.Uid == Uid && known.Unschedulable == Unschedulable)
        {
            return known;
        }

        return new NodeProjection
        {
            Name = Name,
            Uid = Uid,
            ResourceVersion = ResourceVersion,
            Unschedulable = Unschedulable,
            Labels = sameLabels ? known!.Labels : ImmutableArray.Create(Labels.Items),
            Taints = sameTaints ? known!.Taints : _taintLists.Get(Taints.Items),
            Conditions = sameConditions ? known!.Conditions : _conditionLists.Get(Conditions.Items),
            Allocatable = sameAllocatable ? known!.Allocatable : _resourceLists.Get(Allocatable.Items),
            Capacity = sameCapacity ? known!.Capacity : _resourceLists.Get(Capacity.Items),
        };
    }
}
