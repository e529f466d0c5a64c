using Osmo.Grains.Availability;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Fleet events as batches; null stands for events that were lost.</summary>
internal static class EventMessages
{
    public static Proto.EventBatch Write(IReadOnlyList<FleetEvent?> events)
    {
        var batch = new Proto.EventBatch();
        var symbols = new SymbolWriter(batch.Symbols);
        foreach (var happened in events)
        {
            batch.Events.Add(happened is null ? new Proto.Event { Kind = Proto.Event.Types.Kind.Lost } : Write(happened, symbols));
        }

        return batch;
    }

    /// <exception cref="WireFormatException">The message is not whole.</exception>
    public static IReadOnlyList<FleetEvent?> Read(Proto.EventBatch batch)
    {
        var symbols = new SymbolReader(batch.Symbols);
        var sets = new ConditionSetPool(new ConditionTable(int.MaxValue));
        var events = new List<FleetEvent?>(batch.Events.Count);
        foreach (var message in batch.Events)
        {
            // What a newer silo tells and this build does not know may have changed anything.
            events.Add(Kind(message.Kind) is { } kind
                ? new FleetEvent(
                    kind,
                    BackendMessages.Name(message.Backend),
                    message.Node is { } node ? NodeMessages.Read(node, symbols, sets) : null,
                    message.View is { } view ? BackendMessages.Read(view) : null)
                : null);
        }

        return events;
    }

    private static Proto.Event Write(FleetEvent happened, SymbolWriter symbols)
    {
        var message = new Proto.Event
        {
            Kind = happened.Kind switch
            {
                FleetEventKind.NodeChanged => Proto.Event.Types.Kind.NodeChanged,
                FleetEventKind.NodeDeleted => Proto.Event.Types.Kind.NodeDeleted,
                FleetEventKind.BackendChanged => Proto.Event.Types.Kind.BackendChanged,
                FleetEventKind.BackendDeleted => Proto.Event.Types.Kind.BackendDeleted,
                _ => Proto.Event.Types.Kind.Lost,
            },
            Backend = happened.Backend.Value,
        };
        if (happened.Node is { } node)
        {
            message.Node = NodeMessages.Write(node, symbols);
        }

        if (happened.View is { } view)
        {
            message.View = BackendMessages.Write(view);
        }

        return message;
    }

    private static FleetEventKind? Kind(Proto.Event.Types.Kind kind) => kind switch
    {
        Proto.Event.Types.Kind.NodeChanged => FleetEventKind.NodeChanged,
        Proto.Event.Types.Kind.NodeDeleted => FleetEventKind.NodeDeleted,
        Proto.Event.Types.Kind.BackendChanged => FleetEventKind.BackendChanged,
        Proto.Event.Types.Kind.BackendDeleted => FleetEventKind.BackendDeleted,
        _ => null,
    };
}
