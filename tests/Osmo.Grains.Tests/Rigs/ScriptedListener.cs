using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>A connection of an OSMO agent that is joined to a backend and says what a test tells it.</summary>
internal sealed class ScriptedListener
{
    private readonly GrainCluster _cluster;

    private ScriptedListener(GrainCluster cluster, string backend, long session, RecordingListener observer)
    {
        _cluster = cluster;
        Name = BackendName.Parse(backend);
        Session = session;
        Observer = observer;
    }

    public BackendName Name { get; }

    public IBackendGrain Backend => _cluster.Backend(Name.Value);

    public long Session { get; }

    public RecordingListener Observer { get; }

    /// <summary>The nodes as they are stored.</summary>
    public IReadOnlyDictionary<string, NodeSnapshot> Stored => _cluster.Store.NodesOf(Name);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<ScriptedListener> JoinAsync(GrainCluster cluster, string backend, ListenerChannel channel)
    {
        var observer = new RecordingListener();
        var reference = cluster.Grains.CreateObjectReference<IListenerObserver>(observer);
        var joined = await cluster.Backend(backend).ConnectListenerAsync(
            new ListenerHello(channel, $"uid-{backend}", "osmo", "1.0.0", "osmo.nvidia.com/"), reference);
        Assert.Null(joined.Refusal);
        return new ScriptedListener(cluster, backend, joined.Session, observer);
    }

    /// <summary>Opens another connection.</summary>
    public Task<ScriptedListener> JoinAsync(ListenerChannel channel) => JoinAsync(_cluster, Name.Value, channel);

    /// <summary>Has the backend loaded again.</summary>
    public Task RestartAsync() => _cluster.Orleans.DeactivateAsync(Backend);

    public Task ReportAsync(params ListenerReport[] reports) => Backend.ReportListenerAsync(Session, [.. reports]);

    public Task<BackendRecord> ConfigureAsync(string json) =>
        Backend.ConfigureAsync(GrainCluster.Edit(json), GrainCluster.Somebody(), null, Cancel);

    public Task<NodeExplanation> ExplainAsync(string node) => _cluster.Node(Name.Value, node).ExplainAsync(Cancel);

    public Task<BackendStatus> StatusAsync() => Backend.GetAsync(Cancel);

    public async Task<string[]> NamesAsync() =>
        [.. (await Backend.ListNodesAsync(new NodeQuery(), Cancel)).Nodes.Select(node => node.Node.Name)];
}
