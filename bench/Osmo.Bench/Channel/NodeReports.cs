using Google.Protobuf;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Bench.Channel;

/// <summary>Nodes as frames of the channel, encoded by the agent's own encoder.</summary>
internal sealed class NodeReports
{
    /// <summary>Nodes in a batch, as an agent sends them.</summary>
    public const int BatchNodes = 512;

    private readonly BatchBuilder _builder = new("osmo.nvidia.com/verified");
    private ulong _sequence;

    /// <summary>The sequence number of the last batch made.</summary>
    public ulong Sequence => _sequence;

    /// <summary>A snapshot of all nodes, with their facts.</summary>
    public IEnumerable<AgentFrame> Snapshot(IReadOnlyList<NodeProjection> nodes)
    {
        for (var start = 0; start < nodes.Count; start += BatchNodes)
        {
            var end = Math.Min(start + BatchNodes, nodes.Count);
            yield return Next(
                builder =>
                {
                    for (var i = start; i < end; i++)
                    {
                        builder.Add(nodes[i], sent: null);
                    }
                },
                begins: start == 0,
                ends: end == nodes.Count);
        }
    }

    /// <summary>One batch of changed nodes.</summary>
    /// <param name="nodes">The nodes as they are now.</param>
    /// <param name="sent">As they were reported last, in the same order.</param>
    /// <param name="start">The first of the batch.</param>
    /// <param name="count">How many.</param>
    public AgentFrame Changes(NodeProjection[] nodes, NodeProjection[] sent, int start, int count) => Next(builder =>
    {
        for (var i = start; i < start + count; i++)
        {
            builder.Add(nodes[i], sent[i]);
        }
    });

    /// <summary>One batch of whatever is added.</summary>
    public AgentFrame Next(Action<BatchBuilder> add, bool begins = false, bool ends = false)
    {
        _builder.Clear();
        _builder.SnapshotBegin = begins;
        _builder.SnapshotEnd = ends;
        add(_builder);
        return new AgentFrame { Messages = { new AgentMessage { Nodes = _builder.Build(++_sequence) } } };
    }

    /// <summary>The bytes of a frame.</summary>
    public static ReadOnlyMemory<byte> Encode(AgentFrame frame) => frame.ToByteArray();
}
