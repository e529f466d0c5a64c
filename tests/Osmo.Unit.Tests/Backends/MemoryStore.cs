using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Unit.Tests.Backends;

/// <summary>What a store would hold of one backend, for tests of the grain alone.</summary>
internal sealed class MemoryStore
{
    private readonly Dictionary<string, StoredNode> _nodes = [];
    private BackendRecord? _record;
    private byte[] _memory = [];

    public List<HistoryDraft> History { get; } = [];

    public StoredBackend? Load() =>
        _record is null ? null : new StoredBackend(_record, [.. _nodes.Values]) { MessageMemory = _memory };

    public long? Commit(BackendCommit commit)
    {
        long? revision = null;
        if (commit.History is { } draft)
        {
            History.Add(draft);
            revision = History.Count;
        }

        if (commit.Deleted)
        {
            _record = null;
            _nodes.Clear();
            _memory = [];
            return revision;
        }

        if (commit.Record is { } record)
        {
            _record = record with { Revision = revision ?? record.Revision };
        }

        _memory = commit.MessageMemory ?? _memory;
        foreach (var name in commit.NodeDeletions)
        {
            _nodes.Remove(name);
        }

        foreach (var (node, factsChanged) in commit.NodeWrites)
        {
            var facts = factsChanged ? node.Facts : _nodes[node.Name].Facts;
            _nodes[node.Name] = new StoredNode(node.Name, node.Uid, node.Unschedulable, [.. node.Conditions.ToPairs()], facts)
            {
                AgentVerdict = node.AgentVerdict,
                VerifiedLabel = node.StoredLabel,
                Usage = node.Usage,
            };
        }

        return revision;
    }
}

/// <summary>An agent's port that remembers what it is told.</summary>
internal sealed class RecordingPort : IAgentPort
{
    public bool? Welcomed { get; private set; }

    public ulong Acknowledged { get; private set; }

    public bool? Policy { get; private set; }

    public AgentRefusal? Refused { get; private set; }

    public List<LabelUpdate> Labels { get; } = [];

    public void Welcome(bool labelUpdates) => Welcomed = labelUpdates;

    public void Acknowledge(ulong sequence) => Acknowledged = sequence;

    public void UpdateLabels(IReadOnlyList<LabelUpdate> updates) => Labels.AddRange(updates);

    public void SetLabelPolicy(bool enabled) => Policy = enabled;

    public void Refuse(AgentRefusal reason, string message) => Refused ??= reason;
}

/// <summary>Watchers that nobody is.</summary>
internal sealed class NoWatchers : IFleetEventSink
{
    public void Publish(Osmo.Grains.Engine.FleetEvent happened)
    {
    }
}
