using System.Text.Json;
using Osmo.Domain.Backends;
using Osmo.Gateway.Calls;
using Osmo.Grains.Backends;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;

namespace Osmo.Server.Clusters;

/// <summary>The clusters of the demo: three simulated API servers whose nodes change by themselves.</summary>
internal sealed class SimulatedClusters : IAsyncDisposable
{
    /// <summary>Without these three the healthy GPU nodes of the simulation would be unavailable: good news reported as True.</summary>
    private const string DemoConfig = """
        {
          "description": "simulated",
          "node_conditions": {"additional_node_conditions": ["GpuHealthy", "NvlinkHealthy", "InfinibandHealthy"]},
          "services": {"backendListener": {"enable_node_label_update": true}}
        }
        """;

    private static readonly ChurnOptions West = new()
    {
        HeartbeatsPerSecond = 50,
        FlapsPerSecond = 1,
        CordonsPerSecond = 0.2,
        LossesPerSecond = 0.1,
        DisturbedShareMax = 0.01,
    };

    private static readonly ChurnOptions East = new()
    {
        HeartbeatsPerSecond = 10,
        FlapsPerSecond = 0.3,
        CordonsPerSecond = 0.1,
        DisturbedShareMax = 0.02,
    };

    private static readonly ChurnOptions Lab = new() { HeartbeatsPerSecond = 2, FlapsPerSecond = 0.2, DisturbedShareMax = 0.05 };

    private readonly CancellationTokenSource _stopping = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("osmo-demo-").FullName;
    private readonly List<(KubeSimServer Server, Task Churn)> _servers = [];
    private readonly List<WatchedCluster> _clusters = [];

    private SimulatedClusters()
    {
    }

    public IReadOnlyList<WatchedCluster> Clusters => _clusters;

    /// <summary>Starts the clusters.</summary>
    /// <param name="nodes">Nodes of the largest one.</param>
    /// <param name="cancel">Ends the start.</param>
    public static async Task<SimulatedClusters> StartAsync(int nodes, CancellationToken cancel)
    {
        var clusters = new SimulatedClusters();
        try
        {
            await clusters.AddAsync("dgx-west", seed: 1, nodes, West, cancel);
            await clusters.AddAsync("dgx-east", seed: 2, 300, East, cancel);
            await clusters.AddAsync("lab", seed: 3, 40, Lab, cancel);
            return clusters;
        }
        catch
        {
            await clusters.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives a backend of the demo its configuration, unless it has one from an earlier run.</summary>
    public static async Task ConfigureAsync(BackendCalls calls, BackendName backend, CancellationToken cancel)
    {
        var status = await calls.GetAsync(backend, cancel);
        if (status.Record.Config == BackendConfig.Default)
        {
            using var config = JsonDocument.Parse(DemoConfig);

            // A copy: when the wait is cancelled, the configuration may still be read after the document is gone.
            await calls.ConfigureAsync(
                backend,
                new ReplaceFields(config.RootElement.Clone()),
                new Audit("demo", "Configuration of the demo", TextList.Empty),
                null,
                cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var (server, churn) in _servers)
        {
            await churn;
            await server.DisposeAsync();
        }

        _stopping.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AddAsync(string name, int seed, int nodes, ChurnOptions churn, CancellationToken cancel)
    {
        // The uid is made of the name, so that a demo on the data of an earlier one finds its own clusters again.
        var cluster = new SimulatedCluster(kubeSystemUid: $"00000000-0000-4000-8000-{seed:D12}");
        new FleetGenerator(new FleetOptions { Seed = seed, Nodes = nodes, NamePrefix = name }).Fill(cluster);
        var server = await KubeSimServer.StartAsync(new KubeSimOptions { Cluster = cluster }, cancel);
        var running = new Churn(cluster, churn with { Seed = seed }).RunAsync(_stopping.Token);
        _servers.Add((server, running));
        var kubeconfig = Path.Combine(_folder, $"{name}.kubeconfig");
        await server.WriteKubeConfigAsync(kubeconfig, cancel: cancel);
        var configuration = KubernetesConfiguration.Load(kubeconfig, context: null);
        _clusters.Add(new WatchedCluster(BackendName.Parse(name), configuration, Labels: false)
        {
            KubeconfigFile = kubeconfig,
            LabelPatchesPerSecond = 200,
        });
    }
}
