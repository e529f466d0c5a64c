using System.Collections.Immutable;
using Osmo.Grains.Availability;
using Osmo.Grains.Nodes;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Pages of nodes, and single ones as pages of one.</summary>
internal static class PageMessages
{
    /// <summary>A page takes no further node once it is about this large: half of what a frame may hold.</summary>
    public const int PageBytesMax = 4 * 1024 * 1024;

    /// <summary>Writes a page, or as much of it as one message may hold: then it says that it goes on after the last node in it.</summary>
    public static Proto.NodePage Write(NodePage page, int bytesMax = PageBytesMax)
    {
        var message = new Proto.NodePage();
        var symbols = new SymbolWriter(message.Symbols);
        var symbolsCounted = 0;
        var bytes = 0;
        foreach (var node in page.Nodes)
        {
            if (bytes >= bytesMax)
            {
                message.Continue = message.Nodes[^1].Node.Name;
                return message;
            }

            var written = Write(node, symbols);
            message.Nodes.Add(written);
            bytes += written.CalculateSize();
            for (; symbolsCounted < message.Symbols.Count; symbolsCounted++)
            {
                bytes += 2 + (message.Symbols[symbolsCounted].Length * 2);
            }
        }

        if (page.Continue is { } next)
        {
            message.Continue = next;
        }

        return message;
    }

    public static Proto.NodePage Write(NodeExplanation node) => Write(new NodePage([node], null));

    /// <exception cref="WireFormatException">The message is not whole.</exception>
    public static NodePage Read(Proto.NodePage message)
    {
        var symbols = new SymbolReader(message.Symbols);
        var sets = new ConditionSetPool(new ConditionTable(int.MaxValue));
        var nodes = ImmutableArray.CreateBuilder<NodeExplanation>(message.Nodes.Count);
        foreach (var node in message.Nodes)
        {
            nodes.Add(Read(node, symbols, sets));
        }

        return new NodePage(nodes.MoveToImmutable(), message.HasContinue ? message.Continue : null);
    }

    private static Proto.ExplainedNode Write(NodeExplanation node, SymbolWriter symbols)
    {
        var label = new Proto.Label { Key = node.Label.Key, Pending = node.Label.Pending };
        if (node.Label.Wanted is { } wanted)
        {
            label.Wanted = wanted;
        }

        if (node.Label.Seen is { } seen)
        {
            label.Seen = seen;
        }

        if (node.Label.Error is { } error)
        {
            label.Error = error;
        }

        var message = new Proto.ExplainedNode { Node = NodeMessages.Write(node.Node, symbols), Label = label };
        NodeMessages.Write(node.Verdict, message, symbols);
        return message;
    }

    private static NodeExplanation Read(Proto.ExplainedNode message, SymbolReader symbols, ConditionSetPool sets)
    {
        if (message.Node is not { } node || message.Label is not { } label)
        {
            throw new WireFormatException("A node came without its state or its label.");
        }

        return new NodeExplanation(
            NodeMessages.Read(node, symbols, sets),
            NodeMessages.ReadVerdict(message, symbols),
            new LabelState(
                label.Key,
                label.HasWanted ? label.Wanted : null,
                label.HasSeen ? label.Seen : null,
                label.Pending,
                label.HasError ? label.Error : null));
    }
}
