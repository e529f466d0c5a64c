using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.Testing.Kubernetes;

namespace Osmo.Testing.Channel;

/// <summary>A running agent between a simulated API server and a scripted silo.</summary>
public sealed class AgentRig : IAsyncDisposable
{
    public const string Label = "osmo.nvidia.com/verified";

    private readonly CancellationTokenSource _stop = new();
    private readonly BackendAgent _agent;
    private readonly Task _running;

    private AgentRig(KubeSimServer server, ScriptedSilo silo, AgentOptions options, TimeProvider? time)
    {
        Server = server;
        Silo = silo;
        _agent = new BackendAgent(options, KubernetesConfiguration.ForServer(server.BaseUri), time: time);
        _running = Task.Run(() => _agent.RunAsync(_stop.Token));
    }

    public KubeSimServer Server { get; }

    public SimulatedCluster Cluster => Server.Cluster;

    public ScriptedSilo Silo { get; }

    public AgentState State => _agent.State;

    /// <summary>Starts everything; the cluster holds nodes named node-0, node-1 ...</summary>
    public static async Task<AgentRig> StartAsync(
        int nodes = 3,
        Func<AgentOptions, AgentOptions>? options = null,
        ScriptedSilo? silo = null,
        Action<FaultPlan>? faults = null,
        TimeProvider? time = null)
    {
        KubeSimServer server = await KubeSimServer.StartAsync();
        faults?.Invoke(server.Faults);
        for (int i = 0; i < nodes; i++)
        {
            server.Cluster.AddNode(NodeJson.Small($"node-{i}", 0));
        }

        silo ??= await ScriptedSilo.StartAsync();
        AgentOptions defaults = new()
        {
            Host = silo.Address,
            Backend = "east",
            Namespace = "workflows",
            ApiQps = 1000,
            ApiBurst = 1000,
            ReconnectPauseFirst = TimeSpan.FromMilliseconds(10),
            ReconnectPauseMax = TimeSpan.FromMilliseconds(100),
            RefusedPauseMax = TimeSpan.FromMilliseconds(100),
            Reflector = new ReflectorOptions { BackoffMsInitial = 10, BackoffMsMax = 100 },
        };
        return new AgentRig(server, silo, options is null ? defaults : options(defaults), time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _agent.Dispose();
        _stop.Dispose();
        await Silo.DisposeAsync();
        await Server.DisposeAsync();
    }
}
