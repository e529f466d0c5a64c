using System.Text.Json.Nodes;
using Osmo.Agent;
using Osmo.Domain.Backends;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.OsmoService;

/// <summary>Our agent between a simulated cluster and a service that speaks only the protocol of OSMO's listeners.</summary>
internal sealed class ServiceRig : IAsyncDisposable
{
    public const string Label = "osmo.nvidia.com/verified";

    private readonly AgentOptions _options;
    private CancellationTokenSource _stop = new();
    private BackendAgent _agent;
    private Task _running;

    private ServiceRig(KubeSimServer kube, ScriptedService service, AgentOptions options)
    {
        Kube = kube;
        Service = service;
        _options = options;
        _agent = new BackendAgent(options, KubernetesConfiguration.ForServer(kube.BaseUri));
        _running = Task.Run(() => _agent.RunAsync(_stop.Token));
    }

    public KubeSimServer Kube { get; }

    public SimulatedCluster Cluster => Kube.Cluster;

    public ScriptedService Service { get; }

    public AgentState State => _agent.State;

    /// <summary>Starts everything; the cluster holds nodes named node-0, node-1 ...</summary>
    public static async Task<ServiceRig> StartAsync(
        int nodes = 3,
        Action<ScriptedService>? service = null,
        Func<AgentOptions, AgentOptions>? options = null,
        Action<SimulatedCluster>? cluster = null,
        Action<KubeSimServer>? kube = null)
    {
        KubeSimServer server = await KubeSimServer.StartAsync();
        for (int i = 0; i < nodes; i++)
        {
            server.Cluster.AddNode(NodeJson.Small($"node-{i}", 0));
        }

        cluster?.Invoke(server.Cluster);
        kube?.Invoke(server);
        ScriptedService scripted = await ScriptedService.StartAsync(service);
        AgentOptions defaults = new()
        {
            Host = scripted.Url,
            Backend = "isaac",
            Namespace = "osmo-wf",
            Protocol = AgentProtocol.Listener,
            Listener = new ListenerOptions { User = "agent" },
            ReconnectPauseFirst = TimeSpan.FromMilliseconds(10),
            ReconnectPauseMax = TimeSpan.FromMilliseconds(100),
            RefusedPauseMax = TimeSpan.FromMilliseconds(100),
            Reflector = new ReflectorOptions { BackoffMsInitial = 10, BackoffMsMax = 100, RefusedBackoffMsMax = 50 },
        };
        return new ServiceRig(server, scripted, options is null ? defaults : options(defaults));
    }

    /// <summary>A pod that runs.</summary>
    public static JsonObject Pod(string name, string node, string ns = "osmo-wf", params (string Name, string Quantity)[] requests) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = new JsonObject
        {
            ["nodeName"] = node,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "main",
                ["resources"] = new JsonObject
                {
                    ["requests"] = new JsonObject(
                        requests.Select(request => KeyValuePair.Create(request.Name, (JsonNode?)request.Quantity))),
                },
            }),
        },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    };

    public static JsonObject Lists(string[] available, string[] ignore) => new()
    {
        ["available_conditions"] = new JsonArray([.. available.Select(entry => (JsonNode)entry)]),
        ["ignore_conditions"] = new JsonArray([.. ignore.Select(entry => (JsonNode)entry)]),
    };

    public static JsonObject Rules(params (string Type, string Status)[] pairs) => new()
    {
        ["rules"] = new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair.Type, (JsonNode?)pair.Status))),
    };

    /// <summary>Waits until the service has these nodes, those that are not available with a minus before their name.</summary>
    public async Task AgreesAsync(params string[] nodes)
    {
        string wanted = string.Join(' ', nodes);
        await Eventually.HoldsAsync(() => Rows() == wanted, $"the service knows {wanted}", () => $"{Rows()}; {State}");
        Assert.Empty(Service.Violations);
    }

    /// <summary>Ends the agent; what it knew is lost.</summary>
    public async Task StopAgentAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _agent.Dispose();
        _stop.Dispose();
    }

    /// <summary>Starts another agent in place of the one that was stopped.</summary>
    public void StartAgent()
    {
        _stop = new CancellationTokenSource();
        _agent = new BackendAgent(_options, KubernetesConfiguration.ForServer(Kube.BaseUri));
        _running = Task.Run(() => _agent.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        await Service.DisposeAsync();
        await Kube.DisposeAsync();
    }

    private string Rows() => string.Join(
        ' ',
        Service.Rows.Available.OrderBy(row => row.Key, StringComparer.Ordinal)
            .Select(row => row.Value ? row.Key : "-" + row.Key));
}
