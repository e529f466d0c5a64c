using System.Diagnostics.Metrics;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>The agent's figures, on the meter <c>Osmo.Agent</c>, tagged with the backend.</summary>
internal sealed class AgentMetrics : IDisposable
{
    public const string MeterName = "Osmo.Agent";

    private readonly Meter _meter;
    private readonly Counter<long> _patches;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _restarts;
    private long _patchesApplied;

    public AgentMetrics(string backend)
    {
        _meter = new Meter(new MeterOptions(MeterName) { Tags = [new("backend", backend)] });
        _patches = _meter.CreateCounter<long>("osmo.agent.patches", "{patch}", "Label patches by result");
        _connections = _meter.CreateCounter<long>("osmo.agent.connections", "{connection}", "Connections that were welcomed");
        _restarts = _meter.CreateCounter<long>(
            "osmo.agent.restarts", "{conversation}", "Conversations begun anew on a connection because the backend moved");
    }

    /// <summary>Counts a conversation that began anew because the backend moved to another silo.</summary>
    public void CountRestart() => _restarts.Add(1);

    public long PatchesApplied => Volatile.Read(ref _patchesApplied);

    public void CountPatch(PatchOutcome outcome)
    {
        _patches.Add(1, new KeyValuePair<string, object?>("result", outcome.ToString()));
        if (outcome == PatchOutcome.Applied)
        {
            Interlocked.Increment(ref _patchesApplied);
        }
    }

    public void CountConnection() => _connections.Add(1);

    public void Observe(Func<AgentState> state)
    {
        _meter.CreateObservableGauge("osmo.agent.nodes", () => state().Nodes, "{node}", "Nodes known");
        _meter.CreateObservableGauge("osmo.agent.pending", () => state().PendingNodes, "{node}", "Nodes that wait to be reported");
        _meter.CreateObservableGauge("osmo.agent.unacked_batches", () => state().UnackedBatches, "{batch}", "Unacknowledged batches");
        _meter.CreateObservableCounter("osmo.agent.events", () => state().EventsReceived, "{event}", "Watch events received");
        _meter.CreateObservableCounter(
            "osmo.agent.events_unchanged", () => state().EventsUnchanged, "{event}", "Events dropped: nothing changed");
    }

    public void Dispose() => _meter.Dispose();
}
