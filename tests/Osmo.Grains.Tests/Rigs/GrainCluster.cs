using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;
using Osmo.Grains.Events;
using Osmo.Grains.Nodes;
using Osmo.Grains.Placement;
using Osmo.Grains.Silos;
using Osmo.Silo.Placement;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>Silos in this process with the grains of the product and a store in memory that they share.</summary>
internal sealed class GrainCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private GrainCluster(InProcessTestCluster cluster, MemoryStore store)
    {
        _cluster = cluster;
        Store = store;
    }

    public MemoryStore Store { get; }

    public InProcessTestCluster Orleans => _cluster;

    public IGrainFactory Grains => _cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();

    public static async Task<GrainCluster> StartAsync(short silos = 1, TimeProvider? time = null)
    {
        var store = new MemoryStore();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(time ?? TimeProvider.System);
            silo.Services.AddSingleton<Osmo.Grains.Storage.IBackendStore>(store);
            silo.Services.AddSingleton<ActiveBackends>();
            silo.Services.AddSingleton<FleetEventLog>();
            silo.Services.AddSingleton<IFleetEventSink>(provider => provider.GetRequiredService<FleetEventLog>());
            silo.Services.AddSingleton(provider => new LocalSilo("test", provider.GetRequiredService<ActiveBackends>()));
            silo.Services.AddSingleton<SiloLoads>();
            silo.AddPlacementDirector<BackendPlacementStrategy, BackendPlacementDirector>();
            silo.AddPlacementDirector<WithBackendPlacementStrategy, WithBackendPlacementDirector>();
            silo.AddPlacementDirector<OnSiloPlacementStrategy, OnSiloPlacementDirector>();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GrainCluster(cluster, store);
    }

    public IBackendGrain Backend(string name) => Grains.GetGrain<IBackendGrain>(name);

    public INodeGrain Node(string backend, string node) => Grains.GetGrain<INodeGrain>($"{backend}/{node}");

    /// <summary>Joins an agent to a backend.</summary>
    public async Task<(long Session, RecordingObserver Observer)> JoinAsync(string backend, bool labels = true, string instance = "agent")
    {
        var observer = new RecordingObserver();
        var reference = Grains.CreateObjectReference<IAgentObserver>(observer);
        var joined = await Backend(backend).ConnectAgentAsync(
            new AgentHello($"uid-{backend}", "osmo", "1.0", "", labels, instance), reference);
        Assert.Null(joined.Refusal);
        return (joined.Session, observer);
    }

    public static NodeReport Report(string node, bool healthy = true, string? label = null, bool facts = true, string uid = "u") => new(
        node,
        uid,
        Unschedulable: false,
        [new ConditionPair("Ready", healthy ? "True" : "False"), new ConditionPair("GpuBad", "False")],
        label,
        facts ? new NodeFacts([new NodeLabel("zone", "a")], [], [], []) : null);

    public static NodeReportBatch Batch(ulong sequence, params NodeReport[] reports) =>
        new(sequence, [.. reports], [], SnapshotBegin: false, SnapshotEnd: false);

    public static NodeReportBatch Snapshot(ulong sequence, params NodeReport[] reports) =>
        new(sequence, [.. reports], [], SnapshotBegin: true, SnapshotEnd: true);

    public static ConfigEdit Edit(string json)
    {
        using var document = JsonDocument.Parse(json);
        return new MergePatch(document.RootElement.Clone());
    }

    public static Audit Somebody(string? request = null) =>
        new("somebody", null, TextList.Empty, request is null ? null : new RequestId(request, 1));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
