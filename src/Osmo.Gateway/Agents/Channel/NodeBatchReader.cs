using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Collections;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>Turns a batch of the channel into reports, resolving its symbols. One per connection: it shares what repeats.</summary>
internal sealed class NodeBatchReader
{
    private const int NameCharsMax = 253;
    private const int UidCharsMax = 128;

    private readonly NodeFactsPool _pool = new();
    private RepeatedField<string> _symbols = [];

    /// <summary>Reads a batch; false if it breaks the protocol.</summary>
    public bool TryRead(NodeBatch message, [NotNullWhen(true)] out NodeReportBatch? batch, [NotNullWhen(false)] out string? problem)
    {
        _symbols = message.Symbols;
        batch = null;
        var reports = ImmutableArray.CreateBuilder<NodeReport>(message.Upserts.Count);
        foreach (var node in message.Upserts)
        {
            problem = Problem(node);
            if (problem is not null)
            {
                return false;
            }

            reports.Add(new NodeReport(
                node.Name,
                node.Uid,
                node.Unschedulable,
                Conditions(node.Conditions),
                node.HasVerifiedLabel ? node.VerifiedLabel : null,
                node.Facts is null ? null : Facts(node.Facts)));
        }

        ImmutableArray<string> deletions = [.. message.Deletions.Select(deletion => deletion.Name)];
        batch = new NodeReportBatch(message.Sequence, reports.MoveToImmutable(), deletions, message.SnapshotBegin, message.SnapshotEnd);
        problem = null;
        return true;
    }

    private string? Problem(NodeState node)
    {
        if (node.Name.Length is 0 or > NameCharsMax || node.Uid.Length > UidCharsMax)
        {
            return $"A node's name must have 1 to {NameCharsMax} characters, and its uid at most {UidCharsMax}.";
        }

        var facts = node.Facts;
        var legal = AreTuples(node.Conditions, 2)
            && (facts is null
                || (AreTuples(facts.Labels, 2) && AreTuples(facts.Taints, 3)
                    && AreTuples(facts.Allocatable, 2) && AreTuples(facts.Capacity, 2)));
        return legal ? null : $"Node {node.Name} refers to symbols that its batch does not have.";
    }

    private bool AreTuples(RepeatedField<uint> indexes, int arity)
    {
        foreach (var index in indexes)
        {
            if (index >= (uint)_symbols.Count)
            {
                return false;
            }
        }

        return indexes.Count % arity == 0;
    }

    private ImmutableArray<ConditionPair> Conditions(RepeatedField<uint> indexes)
    {
        var conditions = ImmutableArray.CreateBuilder<ConditionPair>(indexes.Count / 2);
        for (var i = 0; i < indexes.Count; i += 2)
        {
            conditions.Add(new ConditionPair(Symbol(indexes[i]), Symbol(indexes[i + 1])));
        }

        return conditions.MoveToImmutable();
    }

    private Domain.Nodes.NodeFacts Facts(Protocol.Agent.V1.NodeFacts facts)
    {
        var labels = ImmutableArray.CreateBuilder<NodeLabel>(facts.Labels.Count / 2);
        for (var i = 0; i < facts.Labels.Count; i += 2)
        {
            labels.Add(_pool.Label(Symbol(facts.Labels[i]), Symbol(facts.Labels[i + 1])));
        }

        var taints = ImmutableArray.CreateBuilder<NodeTaint>(facts.Taints.Count / 3);
        for (var i = 0; i < facts.Taints.Count; i += 3)
        {
            taints.Add(_pool.Taint(Symbol(facts.Taints[i]), Symbol(facts.Taints[i + 1]), Symbol(facts.Taints[i + 2])));
        }

        return _pool.Facts(labels.MoveToImmutable(), taints.MoveToImmutable(), Resources(facts.Allocatable), Resources(facts.Capacity));
    }

    private ImmutableArray<NodeResource> Resources(RepeatedField<uint> indexes)
    {
        var resources = ImmutableArray.CreateBuilder<NodeResource>(indexes.Count / 2);
        for (var i = 0; i < indexes.Count; i += 2)
        {
            resources.Add(_pool.Resource(Symbol(indexes[i]), Symbol(indexes[i + 1])));
        }

        return resources.MoveToImmutable();
    }

    private string Symbol(uint index) => _symbols[(int)index];
}
