using Osmo.Bench.Fleet;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Bench.Channel;

/// <summary>Nodes of a backend that fail and recover, all of them in turn, so that every report is a change that is written.</summary>
internal sealed class FlippingNodes
{
    private readonly NodeReports _reports = new();
    private readonly NodeProjection[] _healthy;
    private readonly NodeProjection[] _failing;
    private bool _isFailing;

    /// <param name="healthy">The nodes; several backends may have the same.</param>
    public FlippingNodes(NodeProjection[] healthy)
    {
        _healthy = healthy;
        _failing = [.. _healthy.Select((node, i) => RealisticNodes.WithFlipped(node, i % node.Conditions.Length))];
    }

    public int Count => _healthy.Length;

    public int Conditions => _healthy[0].Conditions.Length;

    /// <summary>The sequence number of the last batch made.</summary>
    public ulong Sequence => _reports.Sequence;

    /// <summary>All nodes, healthy.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Snapshot() => [.. _reports.Snapshot(_healthy).Select(NodeReports.Encode)];

    /// <summary>Batches that are made when they are asked for. Every pass changes every node.</summary>
    public IEnumerable<AgentFrame> Batches(int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            var (now, before) = _isFailing ? (_healthy, _failing) : (_failing, _healthy);
            _isFailing = !_isFailing;
            for (var start = 0; start < now.Length; start += NodeReports.BatchNodes)
            {
                yield return _reports.Changes(now, before, start, Math.Min(NodeReports.BatchNodes, now.Length - start));
            }
        }
    }

    /// <summary>The same, made and encoded now.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Encoded(int passes) => [.. Batches(passes).Select(NodeReports.Encode)];
}
