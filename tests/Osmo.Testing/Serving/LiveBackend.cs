using System.Text.Json;
using Osmo.Agent;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;

namespace Osmo.Testing.Serving;

/// <summary>A simulated cluster with its agent, which reports to a server over real sockets.</summary>
public sealed class LiveBackend : IAsyncDisposable
{
    /// <summary>Of the generated nodes' conditions those that are good when True.</summary>
    public static readonly string[] GoodWhenTrue = ["GpuHealthy", "NvlinkHealthy", "InfinibandHealthy"];

    private readonly List<BackendAgent> _agents = [];
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    private LiveBackend(KubeSimServer kube, AgentOptions options)
    {
        Kube = kube;
        Options = options;
    }

    public KubeSimServer Kube { get; }

    public SimulatedCluster Cluster => Kube.Cluster;

    public AgentOptions Options { get; private set; }

    public string Name => Options.Backend;

    /// <summary>The rules in force.</summary>
    public NodeConditionRules Rules { get; private set; } = NodeConditionRules.Default;

    public AgentState State => _agents[^1].State;

    /// <summary>Starts a cluster of generated nodes and its agent, which connects to the gateway given or else to the server.</summary>
    public static async Task<LiveBackend> StartAsync(
        IFleetApi server,
        string name,
        int nodes = 6,
        bool labels = true,
        int seed = 1,
        Uri? gateway = null,
        Func<AgentOptions, AgentOptions>? options = null,
        TimeSpan? bookmarks = null)
    {
        var kube = await KubeSimServer.StartAsync(
            new KubeSimOptions { BookmarkInterval = bookmarks ?? TimeSpan.FromMilliseconds(200) });
        new FleetGenerator(new FleetOptions { Nodes = nodes, NamePrefix = name, Seed = seed, UnhealthyShare = 0.3 }).Fill(kube.Cluster);
        var defaults = new AgentOptions
        {
            Host = gateway ?? server.Url,
            Backend = name,
            Namespace = "workflows",
            EnableNodeLabelUpdate = labels,
            ApiQps = 1_000,
            ApiBurst = 1_000,
            ReconnectPauseFirst = TimeSpan.FromMilliseconds(10),
            ReconnectPauseMax = TimeSpan.FromMilliseconds(200),
            RefusedPauseMax = TimeSpan.FromMilliseconds(200),

            // Idle for longer than bookmarks come means dead; short, so that tests of silence need not wait for minutes.
            Reflector = new ReflectorOptions
            {
                BackoffMsInitial = 10,
                BackoffMsMax = 200,
                RefusedBackoffMsMax = 100,
                WatchIdleMax = TimeSpan.FromSeconds(3),
            },
        };
        var backend = new LiveBackend(kube, options is null ? defaults : options(defaults));
        backend.StartAgent();
        await backend.SetRulesAsync(server, GoodWhenTrue, []);
        return backend;
    }

    /// <summary>Starts the agent, after <see cref="StopAgentAsync"/>, perhaps with other options.</summary>
    public void StartAgent(Func<AgentOptions, AgentOptions>? options = null)
    {
        Options = options is null ? Options : options(Options);
        var agent = new BackendAgent(Options, KubernetesConfiguration.ForServer(Kube.BaseUri));
        _agents.Add(agent);
        _stop = new CancellationTokenSource();
        var stop = _stop.Token;
        _running = Task.Run(() => agent.RunAsync(stop), CancellationToken.None);
    }

    /// <summary>Stops the agent in good order, if it runs.</summary>
    public async Task StopAgentAsync()
    {
        if (_stop is { } stop)
        {
            _stop = null;
            await stop.CancelAsync();
            await _running;
            stop.Dispose();
        }
    }

    /// <summary>Changes the backend's rules, on the server and as the truth that it is held against.</summary>
    public async Task SetRulesAsync(IFleetApi server, string[] additional, string[] ignore)
    {
        Rules = NodeConditionRules.TryCreate(additional, ignore, out var rules, out var errors)
            ? rules
            : throw new ArgumentException(string.Join(' ', errors));
        var change = JsonSerializer.Serialize(
            new { node_conditions = new { additional_node_conditions = additional, ignore_node_conditions = ignore } });
        await Eventually.AgreesAsync(
            async () => await server.ConfigureAsync(Name, change) is { Status: not 200 } answer ? answer.Body?.ToJsonString() : null,
            $"{Name} has its rules");
    }

    /// <summary>The name of a node that may be scheduled on.</summary>
    public string AvailableNode() => Cluster.Nodes.First(node => FleetTruth.IsAvailable(node, Rules)).Name;

    /// <summary>Waits until the labels are what the rules say, and the server knows just what the cluster has.</summary>
    public Task ConvergesAsync(IFleetApi server, string? why = null) =>
        Eventually.AgreesAsync(
            () => FleetTruth.DifferenceAsync(this, server), $"{Name} has converged{(why is null ? "" : " after " + why)}");

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        _agents.ForEach(agent => agent.Dispose());
        await Kube.DisposeAsync();
    }
}
