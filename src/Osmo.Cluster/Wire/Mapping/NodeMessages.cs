using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Osmo.Grains.Availability;
using Osmo.Grains.Nodes;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Nodes as parts of a message that has their symbols.</summary>
internal static class NodeMessages
{
    private const int VerdictSize = 5;

    public static Proto.Node Write(NodeSnapshot node, SymbolWriter symbols)
    {
        var message = new Proto.Node
        {
            Name = node.Name,
            Uid = node.Uid,
            Unschedulable = node.Unschedulable,
            Available = node.Available,
        };
        if (node.AvailableSince is { } since)
        {
            message.AvailableSinceTicks = since.UtcTicks;
        }

        if (node.VerifiedLabel is { } label)
        {
            message.VerifiedLabel = label;
        }

        if (node.AgentVerdict is { } verdict)
        {
            message.AgentVerdict = verdict;
        }

        if (node.Usage is { } usage)
        {
            message.Usage = new Proto.Usage();
            Write(usage.All, message.Usage.All, symbols);
            Write(usage.NonWorkflow, message.Usage.NonWorkflow, symbols);
        }

        var conditions = node.Conditions.ToPairs();
        message.Conditions.Capacity = conditions.Length * 2;
        foreach (var (type, status) in conditions)
        {
            message.Conditions.Add(symbols.IndexOf(type));
            message.Conditions.Add(symbols.IndexOf(status));
        }

        foreach (var (key, value) in node.Facts.Labels)
        {
            message.Labels.Add(symbols.IndexOf(key));
            message.Labels.Add(symbols.IndexOf(value));
        }

        foreach (var (key, value, effect) in node.Facts.Taints)
        {
            message.Taints.Add(symbols.IndexOf(key));
            message.Taints.Add(symbols.IndexOf(value));
            message.Taints.Add(symbols.IndexOf(effect));
        }

        Write(node.Facts.Allocatable, message.Allocatable, symbols);
        Write(node.Facts.Capacity, message.Capacity, symbols);
        return message;
    }

    /// <param name="message">The node.</param>
    /// <param name="symbols">The symbols of the message that it is in.</param>
    /// <param name="sets">Shares what the nodes of the message have in common; its table needs no bounds, for the message has.</param>
    /// <exception cref="WireFormatException">The message is not whole.</exception>
    public static NodeSnapshot Read(Proto.Node message, SymbolReader symbols, ConditionSetPool sets)
    {
        var pairs = new ConditionPair[SymbolReader.TuplesOf(message.Conditions, 2)];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new(symbols[message.Conditions[2 * i]], symbols[message.Conditions[(2 * i) + 1]]);
        }

        return new NodeSnapshot(
            message.Name,
            message.Uid,
            message.Unschedulable,
            sets.TryShare(pairs, out var conditions) ? conditions : throw new WireFormatException("A message has too many conditions."),
            new NodeFacts(
                Labels(message.Labels, symbols),
                Taints(message.Taints, symbols),
                Resources(message.Allocatable, symbols),
                Resources(message.Capacity, symbols)),
            message.Available,
            message.HasAvailableSinceTicks ? BackendMessages.Time(message.AvailableSinceTicks) : null,
            message.HasVerifiedLabel ? message.VerifiedLabel : null)
        {
            AgentVerdict = message.HasAgentVerdict ? message.AgentVerdict : null,
            Usage = message.Usage is { } usage
                ? new NodeUsage(Resources(usage.All, symbols), Resources(usage.NonWorkflow, symbols))
                : null,
        };
    }

    public static void Write(NodeVerdict verdict, Proto.ExplainedNode message, SymbolWriter symbols)
    {
        message.Cordoned = verdict.Cordoned;
        message.Verdict.Capacity = verdict.Conditions.Length * VerdictSize;
        foreach (var (type, status, requirement) in verdict.Conditions)
        {
            message.Verdict.Add(symbols.IndexOf(type));
            message.Verdict.Add(symbols.IndexOf(status));
            message.Verdict.Add((uint)requirement.Required);
            message.Verdict.Add((uint)requirement.Source);
            message.Verdict.Add(requirement.Entry is { } entry ? symbols.IndexOf(entry) + 1 : 0);
        }
    }

    /// <exception cref="WireFormatException">The message is not whole.</exception>
    public static NodeVerdict ReadVerdict(Proto.ExplainedNode message, SymbolReader symbols)
    {
        var numbers = message.Verdict;
        var conditions = ImmutableArray.CreateBuilder<ConditionVerdict>(SymbolReader.TuplesOf(numbers, VerdictSize));
        for (var i = 0; i < numbers.Count; i += VerdictSize)
        {
            var required = (RequiredStatus)numbers[i + 2];
            var source = (RuleSource)numbers[i + 3];
            if (!Enum.IsDefined(required) || !Enum.IsDefined(source))
            {
                throw new WireFormatException("A verdict has a requirement that this build does not know.");
            }

            var entry = numbers[i + 4] == 0 ? null : symbols[numbers[i + 4] - 1];
            conditions.Add(new(symbols[numbers[i]], symbols[numbers[i + 1]], new(required, source, entry)));
        }

        return new NodeVerdict(
            conditions.MoveToImmutable(),
            message.Cordoned,
            message.Node is { HasAgentVerdict: true } node ? node.AgentVerdict : null);
    }

    private static void Write(ImmutableArray<NodeResource> resources, RepeatedField<uint> field, SymbolWriter symbols)
    {
        foreach (var (name, quantity) in resources)
        {
            field.Add(symbols.IndexOf(name));
            field.Add(symbols.IndexOf(quantity));
        }
    }

    private static ImmutableArray<NodeLabel> Labels(RepeatedField<uint> field, SymbolReader symbols)
    {
        var labels = ImmutableArray.CreateBuilder<NodeLabel>(SymbolReader.TuplesOf(field, 2));
        for (var i = 0; i < field.Count; i += 2)
        {
            labels.Add(new(symbols[field[i]], symbols[field[i + 1]]));
        }

        return labels.MoveToImmutable();
    }

    private static ImmutableArray<NodeTaint> Taints(RepeatedField<uint> field, SymbolReader symbols)
    {
        var taints = ImmutableArray.CreateBuilder<NodeTaint>(SymbolReader.TuplesOf(field, 3));
        for (var i = 0; i < field.Count; i += 3)
        {
            taints.Add(new(symbols[field[i]], symbols[field[i + 1]], symbols[field[i + 2]]));
        }

        return taints.MoveToImmutable();
    }

    private static ImmutableArray<NodeResource> Resources(RepeatedField<uint> field, SymbolReader symbols)
    {
        var resources = ImmutableArray.CreateBuilder<NodeResource>(SymbolReader.TuplesOf(field, 2));
        for (var i = 0; i < field.Count; i += 2)
        {
            resources.Add(new(symbols[field[i]], symbols[field[i + 1]]));
        }

        return resources.MoveToImmutable();
    }
}
