using Osmo.Agent;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing.Channel;

namespace Osmo.Unit.Tests.Agent;

/// <summary>A store, and what a silo knows after the batches that were taken from it.</summary>
internal sealed class StoreHarness
{
    private readonly BatchBuilder _builder = new(Nodes.Label);
    private ulong _sequence;

    public StoreHarness() => Store = new NodeStore(Changed);

    public AsyncSignal Changed { get; } = new();

    public NodeStore Store { get; }

    public ReportedFleet Fleet { get; private set; } = new();

    public void Connect()
    {
        Store.EndReport();
        Fleet = new ReportedFleet();
        _sequence = 0;
        Store.BeginReport();
    }

    /// <summary>Takes one batch; null when there is nothing to send.</summary>
    public NodeBatch? Send()
    {
        if (!Store.TryFill(_builder))
        {
            return null;
        }

        NodeBatch batch = _builder.Build(++_sequence);
        Fleet.Apply(batch);
        return batch;
    }

    public void SendAll()
    {
        while (Send() is not null)
        {
        }
    }
}
