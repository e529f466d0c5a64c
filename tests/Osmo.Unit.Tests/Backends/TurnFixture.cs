using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Unit.Tests.Backends;

/// <summary>A backend grain with an agent, whose turns are run by hand, and all that it tells watchers and the agent.</summary>
internal sealed class TurnFixture : IFleetEventSink, IAgentPort
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
    private ulong _sequence;

    public TurnFixture(bool labels = false)
    {
        Grain = new BackendGrain(BackendName.Parse("east"), new LoadedBackend(null, []), this);
        Session = Run(turn => turn.Connect(new AgentHello("uid", "workflows", "1.0", "", labels, "one"), this))!;
    }

    public BackendGrain Grain { get; }

    public AgentSession Session { get; }

    public List<FleetEvent> Events { get; } = [];

    public List<LabelUpdate> Labels { get; } = [];

    public BackendCommit LastCommit { get; private set; } = null!;

    /// <summary>Node states by name, as anybody may read them.</summary>
    public Dictionary<string, NodeSnapshot> Nodes =>
        Grain.ListNodes(new NodeQuery())!.Nodes.ToDictionary(entry => entry.Node.Name, entry => entry.Node, StringComparer.Ordinal);

    public T Run<T>(Func<BackendTurn, T> stage)
    {
        var turn = Grain.BeginTurn(Now);
        var staged = stage(turn);
        LastCommit = turn.Commit();
        turn.Publish(LastCommit.History is null ? null : 2);
        return staged;
    }

    public void Report(BackendTurn turn, IReadOnlyList<NodeReport> nodes, params string[] deleted) =>
        turn.Report(Session, new NodeReportBatch(++_sequence, nodes, deleted, SnapshotBegin: false, SnapshotEnd: false));

    public static NodeReport Node(string name, params (string Type, string Status)[] conditions) => new(
        name, $"uid-{name}", false, [.. conditions.Select(c => new ConditionPair(c.Type, c.Status))], null, NodeFacts.Empty);

    public void Publish(FleetEvent happened) => Events.Add(happened);

    public void Welcome(bool labelUpdates)
    {
    }

    public void Acknowledge(ulong sequence)
    {
    }

    public void UpdateLabels(IReadOnlyList<LabelUpdate> updates) => Labels.AddRange(updates);

    public void SetLabelPolicy(bool enabled)
    {
    }

    public void Refuse(AgentRefusal reason, string message) => throw new InvalidOperationException(message);
}
