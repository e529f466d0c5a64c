using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>A node while it is being decoded, next to the state it had before. Reused from node to node.</summary>
internal sealed class NodeDraft
{
    private static readonly Func<NodeLabel, string> LabelKey = label => label.Key;
    private static readonly ImmutableArray<NodeCondition> UnreadableConditions =
        [new NodeCondition("Ready", "Unknown"), new NodeCondition(MalformedNode.Condition, "True")];

    private NodeProjection? _last;
    private readonly InternedLists<NodeTaint> _taintLists = new();
    private readonly InternedLists<NodeCondition> _conditionLists = new();
    private readonly InternedLists<NodeResource> _resourceLists = new();

    public DraftList<NodeLabel> Labels = new();
    public DraftList<NodeTaint> Taints = new();
    public DraftList<NodeCondition> Conditions = new();
    public DraftList<NodeResource> Allocatable = new();
    public DraftList<NodeResource> Capacity = new();

    /// <summary>The state this node had before.</summary>
    public NodeProjection? Known { get; set; }

    /// <summary>
    /// What its lists probably look like: as before, or as those of the node decoded last, for the nodes of a fleet are alike.
    /// </summary>
    public NodeProjection? Likely => Known ?? _last;

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

    /// <summary>
    /// The finished node: the known instance when nothing but the version differs. One that is malformed has <c>Ready</c> unknown and
    /// the condition <see cref="MalformedNode.Condition"/> instead of its own; it is null without a name.
    /// </summary>
    public NodeProjection? Finish(out MalformedNode? malformed)
    {
        if (Name.Length == 0)
        {
            Fail("metadata.name", "a node needs a name");
        }

        malformed = Malformed is null ? null : Malformed with { Name = Name };
        if (malformed is not null)
        {
            return Name.Length == 0 ? null : Unreadable();
        }

        Labels.SortLastWins(LabelKey);
        NodeProjection? known = Known?.Name == Name ? Known : null;
        ImmutableArray<NodeLabel> labels = Labels.ShareWith(known?.Labels) ?? ImmutableArray.Create(Labels.Items);
        ImmutableArray<NodeTaint> taints = Taints.ShareWith(Likely?.Taints) ?? _taintLists.Get(Taints.Items);
        ImmutableArray<NodeCondition> conditions = Conditions.ShareWith(Likely?.Conditions) ?? _conditionLists.Get(Conditions.Items);
        ImmutableArray<NodeResource> allocatable = Allocatable.ShareWith(Likely?.Allocatable) ?? _resourceLists.Get(Allocatable.Items);
        ImmutableArray<NodeResource> capacity = Capacity.ShareWith(Likely?.Capacity) ?? _resourceLists.Get(Capacity.Items);
        if (known is not null && labels == known.Labels && taints == known.Taints && conditions == known.Conditions
            && allocatable == known.Allocatable && capacity == known.Capacity
            && Unschedulable == known.Unschedulable && Uid == known.Uid)
        {
            return _last = known;
        }

        return _last = new NodeProjection
        {
            Name = Name,
            Uid = Uid,
            ResourceVersion = ResourceVersion,
            Unschedulable = Unschedulable,
            Labels = labels,
            Taints = taints,
            Conditions = conditions,
            Allocatable = allocatable,
            Capacity = capacity,
        };
    }

    /// <summary>Nothing is known of its health: what was good before may not be any more. The rest is as it was.</summary>
    private NodeProjection Unreadable()
    {
        NodeProjection? known = Known?.Name == Name && (Uid.Length == 0 || Known.Uid == Uid) ? Known : null;
        return known is not null && known.Conditions == UnreadableConditions && known.Unschedulable == Unschedulable
            ? known
            : new NodeProjection
            {
                Name = Name,
                Uid = known?.Uid ?? Uid,
                ResourceVersion = ResourceVersion,
                Unschedulable = Unschedulable,
                Labels = known?.Labels ?? [],
                Taints = known?.Taints ?? [],
                Conditions = UnreadableConditions,
                Allocatable = known?.Allocatable ?? [],
                Capacity = known?.Capacity ?? [],
            };
    }
}
