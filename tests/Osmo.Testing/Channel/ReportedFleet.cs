using System.Collections.Concurrent;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Testing.Channel;

/// <summary>What a silo knows after an agent's batches, and every rule of the protocol that they broke.</summary>
public sealed class ReportedFleet
{
    private readonly ConcurrentDictionary<string, ReportedNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private ulong _sequence;
    private bool _inSnapshot;
    private volatile bool _isComplete;

    public IReadOnlyDictionary<string, ReportedNode> Nodes => _nodes;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>The snapshot has ended.</summary>
    public bool IsComplete => _isComplete;

    public ReportedNode? Find(string name) => _nodes.GetValueOrDefault(name);

    public void Apply(NodeBatch batch)
    {
        Require(batch.Sequence == ++_sequence, $"batch {batch.Sequence} came as number {_sequence}");
        Require(batch.SnapshotBegin == (_sequence == 1), $"batch {_sequence} has snapshot_begin {batch.SnapshotBegin}");
        _inSnapshot |= batch.SnapshotBegin;
        Require(_inSnapshot || !batch.SnapshotEnd, $"batch {_sequence} ends a snapshot that never began");
        foreach (NodeState state in batch.Upserts)
        {
            Upsert(batch, state);
        }

        foreach (NodeDeletion deletion in batch.Deletions)
        {
            Require(_nodes.TryRemove(deletion.Name, out _), $"{deletion.Name} was deleted without ever being reported");
        }

        if (batch.SnapshotEnd)
        {
            _inSnapshot = false;
            _isComplete = true;
        }
    }

    public void Apply(LabelResult result)
    {
        string value = result.Available ? "True" : "False";
        Require(
            result.Outcome != LabelResult.Types.Outcome.Applied || Find(result.Node)?.VerifiedLabel is not { } label || label == value,
            $"{result.Node} was said to carry {value} but reported with {Find(result.Node)?.VerifiedLabel}");
    }

    private void Upsert(NodeBatch batch, NodeState state)
    {
        ReportedNode? before = Find(state.Name) is { } known && known.Uid == state.Uid ? known : null;
        Require(before is not null || state.Facts is not null, $"{state.Name} was reported without facts at first");
        ReportedNode node = (before ?? new ReportedNode(state.Name, state.Uid, false, null)) with
        {
            Unschedulable = state.Unschedulable,
            VerifiedLabel = state.HasVerifiedLabel ? state.VerifiedLabel : null,
            Conditions = [.. Pairs(batch, state.Conditions)],
        };
        if (state.Facts is { } facts)
        {
            node = node with
            {
                Labels = Pairs(batch, facts.Labels).ToDictionary(),
                Taints = [.. facts.Taints.Select(index => Symbol(batch, index)).Chunk(3).Select(taint => (taint[0], taint[1], taint[2]))],
                Allocatable = Pairs(batch, facts.Allocatable).ToDictionary(),
                Capacity = Pairs(batch, facts.Capacity).ToDictionary(),
            };
        }

        _nodes[state.Name] = node;
    }

    private static IEnumerable<(string, string)> Pairs(NodeBatch batch, IEnumerable<uint> indexes) =>
        indexes.Chunk(2).Select(pair => (Symbol(batch, pair[0]), Symbol(batch, pair[1])));

    private static string Symbol(NodeBatch batch, uint index) => batch.Symbols[(int)index];

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            _violations.Enqueue(violation);
        }
    }
}
