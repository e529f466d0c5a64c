using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Testing;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>An agent that is joined to a backend and does what a test tells it.</summary>
internal sealed class ScriptedAgent
{
    private readonly GrainCluster _cluster;
    private ulong _sequence;
    private int _fences;

    private ScriptedAgent(GrainCluster cluster, string backend, long session, RecordingObserver observer)
    {
        _cluster = cluster;
        Name = BackendName.Parse(backend);
        Session = session;
        Observer = observer;
    }

    public BackendName Name { get; }

    public IBackendGrain Backend => _cluster.Backend(Name.Value);

    public long Session { get; }

    public RecordingObserver Observer { get; }

    /// <summary>The nodes as they are stored.</summary>
    public IReadOnlyDictionary<string, Osmo.Domain.Nodes.NodeSnapshot> Stored => _cluster.Store.NodesOf(Name);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<ScriptedAgent> JoinAsync(GrainCluster cluster, string backend, bool labels = true)
    {
        var (session, observer) = await cluster.JoinAsync(backend, labels);
        return new ScriptedAgent(cluster, backend, session, observer);
    }

    /// <summary>Joins again, as the same process does after its connection was lost.</summary>
    public Task<ScriptedAgent> RejoinAsync(bool labels = true) => JoinAsync(_cluster, Name.Value, labels);

    public Task<bool> ReportAsync(params NodeReport[] reports) =>
        Backend.ReportAsync(Session, GrainCluster.Batch(++_sequence, reports));

    public Task<bool> SnapshotAsync(params NodeReport[] reports) =>
        Backend.ReportAsync(Session, GrainCluster.Snapshot(++_sequence, reports));

    /// <summary>A part of a snapshot.</summary>
    public Task<bool> SnapshotPartAsync(bool begin, bool end, params NodeReport[] reports) =>
        Backend.ReportAsync(Session, new NodeReportBatch(++_sequence, [.. reports], [], begin, end));

    public Task<bool> DeleteAsync(params string[] nodes) =>
        Backend.ReportAsync(Session, new NodeReportBatch(++_sequence, [], [.. nodes], SnapshotBegin: false, SnapshotEnd: false));

    public Task LabelAsync(string node, bool available, LabelOutcome outcome, string message = "") =>
        Backend.ReportLabelsAsync(Session, [new LabelReport(node, available, outcome, message)]);

    public Task<BackendRecord> ConfigureAsync(string json) =>
        Backend.ConfigureAsync(GrainCluster.Edit(json), GrainCluster.Somebody(), null, Cancel);

    /// <summary>Switches label updates by the configuration.</summary>
    public Task<BackendRecord> SwitchLabelsAsync(bool on) => ConfigureAsync(
        "{\"services\":{\"backendListener\":{\"enable_node_label_update\":" + (on ? "true" : "false") + "}}}");

    public Task<NodeExplanation> ExplainAsync(string node) => _cluster.Node(Name.Value, node).ExplainAsync(Cancel);

    public Task<BackendStatus> StatusAsync() => Backend.GetAsync(Cancel);

    public async Task<string[]> NamesAsync() =>
        [.. (await Backend.ListNodesAsync(new NodeQuery(), Cancel)).Nodes.Select(node => node.Node.Name)];

    /// <summary>How often a label of a node was asked for.</summary>
    public int AskedFor(string node) => Observer.Asked.Count(update => update.Node == node);

    /// <summary>Returns when the agent was asked so often for the label of a node.</summary>
    public Task IsAskedAsync(string node, int times) =>
        Eventually.HoldsAsync(() => AskedFor(node) == times, $"{node} was asked {times} times", () => AskedFor(node));

    /// <summary>
    /// Returns when the agent was told everything that was decided until now, and shows how often the label of a node was asked for.
    /// </summary>
    public async Task<int> SettledAsync(string node)
    {
        var fence = $"fence-{_fences++}";
        await ReportAsync(GrainCluster.Report(fence));
        await IsAskedAsync(fence, 1);
        return AskedFor(node);
    }
}
