using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>Encodes nodes into one <see cref="NodeBatch"/> after the other. One thread at a time.</summary>
/// <param name="verifiedLabelKey">The label that Osmo writes: it travels on its own, not among the facts.</param>
internal sealed class BatchBuilder(string verifiedLabelKey) : INodeBatch
{
    /// <summary>A batch takes no further node once it is about this large; far below what a frame may hold.</summary>
    public const int BatchBytesMax = 1024 * 1024;

    private const int NodeBytes = 24;
    private const int IndexBytes = 2;

    private readonly SymbolTable _symbols = new();
    private NodeBatch _batch = new();
    private int _bytes;

    public bool SnapshotBegin { get; set; }

    public bool SnapshotEnd { get; set; }

    public bool IsFull => _bytes + _symbols.Bytes >= BatchBytesMax;

    public bool IsEmpty => _batch.Upserts.Count == 0 && _batch.Deletions.Count == 0 && !SnapshotBegin && !SnapshotEnd;

    /// <summary>Nodes left out because they are as they were last sent.</summary>
    public long Unchanged { get; private set; }

    public void Clear()
    {
        _symbols.Clear();
        _batch = new NodeBatch();
        _bytes = 0;
        SnapshotBegin = false;
        SnapshotEnd = false;
    }

    /// <summary>Adds a node.</summary>
    /// <param name="current">Its state; null when it is gone.</param>
    /// <param name="sent">What was last sent on this connection; null when nothing was.</param>
    public void Add(NodeProjection? current, NodeProjection? sent)
    {
        if (current is null)
        {
            if (sent is not null)
            {
                _batch.Deletions.Add(new NodeDeletion { Name = sent.Name });
                _bytes += NodeBytes + sent.Name.Length;
            }

            return;
        }

        if (sent is not null && current.SameState(sent))
        {
            Unchanged++;
            return;
        }

        NodeState state = new() { Name = current.Name, Uid = current.Uid, Unschedulable = current.Unschedulable };
        if (current.FindLabel(verifiedLabelKey) is { } label)
        {
            state.VerifiedLabel = label;
        }

        state.Conditions.Capacity = current.Conditions.Length * 2;
        foreach (NodeCondition condition in current.Conditions)
        {
            state.Conditions.Add(_symbols.IndexOf(condition.Type));
            state.Conditions.Add(_symbols.IndexOf(condition.Status));
        }

        // The same name under a new uid is another machine, of which the silo knows nothing.
        if (sent is null || sent.Uid != current.Uid || !NodeFactsComparison.SameFacts(current, sent, verifiedLabelKey))
        {
            state.Facts = Facts(current);
        }

        _batch.Upserts.Add(state);
        _bytes += NodeBytes + current.Name.Length + current.Uid.Length + (state.Conditions.Count * IndexBytes);
    }

    /// <summary>The batch. The builder has to be cleared before the next.</summary>
    public NodeBatch Build(ulong sequence)
    {
        _batch.Sequence = sequence;
        _batch.SnapshotBegin = SnapshotBegin;
        _batch.SnapshotEnd = SnapshotEnd;
        _symbols.CopyTo(_batch.Symbols);
        return _batch;
    }

    private NodeFacts Facts(NodeProjection node)
    {
        NodeFacts facts = new();
        facts.Labels.Capacity = node.Labels.Length * 2;
        foreach (NodeLabel label in node.Labels)
        {
            if (label.Key != verifiedLabelKey)
            {
                facts.Labels.Add(_symbols.IndexOf(label.Key));
                facts.Labels.Add(_symbols.IndexOf(label.Value));
            }
        }

        foreach (NodeTaint taint in node.Taints)
        {
            facts.Taints.Add(_symbols.IndexOf(taint.Key));
            facts.Taints.Add(_symbols.IndexOf(taint.Value));
            facts.Taints.Add(_symbols.IndexOf(taint.Effect));
        }

        AddResources(facts.Allocatable, node.Allocatable);
        AddResources(facts.Capacity, node.Capacity);
        _bytes += IndexBytes * (facts.Labels.Count + facts.Taints.Count + facts.Allocatable.Count + facts.Capacity.Count);
        return facts;
    }

    private void AddResources(RepeatedField<uint> field, ImmutableArray<NodeResource> resources)
    {
        field.Capacity = resources.Length * 2;
        foreach (NodeResource resource in resources)
        {
            field.Add(_symbols.IndexOf(resource.Name));
            field.Add(_symbols.IndexOf(resource.Quantity));
        }
    }
}
