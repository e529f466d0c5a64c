using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Security;
using Osmo.Configs.Storage;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Storage.Sqlite;
using Osmo.Testing;

namespace Osmo.Integration.Tests.Routing;

/// <summary>Silos on one database, in one process but with real sockets between them, and gateways that call them.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly List<TestSilo> _silos = [];
    private readonly List<TestGateway> _gateways = [];
    private readonly SqliteBackendStore _sqlite;

    private TestCluster()
    {
        var database = SqliteDatabase.Open(_folder.Of("data"));
        _sqlite = new SqliteBackendStore(database);
        Configs = new SqliteConfigStore(database);
        Store = new GatedStore(_sqlite);
    }

    public Guid ClusterId { get; } = Guid.NewGuid();

    public TestShards Shards { get; } = new();

    public GatedStore Store { get; }

    /// <summary>What the store has made durable, past the gate.</summary>
    public IConfigStore Configs { get; }

    public ClusterCredentials Credentials { get; private init; } = new();

    public ClusterRoutingOptions Options { get; private init; } = new();

    /// <summary>Whether refusals name the owner.</summary>
    public bool Tells { get; private init; } = true;

    public IReadOnlyList<TestSilo> Silos => _silos;

    /// <summary>Starts silos; the first one owns everything.</summary>
    public static async Task<TestCluster> StartAsync(
        int silos = 2, ClusterCredentials? credentials = null, ClusterRoutingOptions? options = null, bool tells = true)
    {
        var cluster = new TestCluster
        {
            Credentials = credentials ?? new(),
            Options = options ?? new(),
            Tells = tells,
        };
        for (var i = 0; i < silos; i++)
        {
            await cluster.AddSiloAsync();
        }

        cluster.Shards.GiveAll(cluster.Silos[0].Entry);
        cluster._silos.ForEach(silo => silo.Routes.Read());
        return cluster;
    }

    public async Task<TestSilo> AddSiloAsync()
    {
        var number = _silos.Count + 1;
        var member = new ClusterMember(ClusterId, $"silo-{number}", ClusterRole.Silo);
        var silo = await TestSilo.StartAsync(Shards, Store, member, number, Credentials, Options, Tells);
        _silos.Add(silo);
        return silo;
    }

    public TestGateway AddGateway(ClusterCredentials? credentials = null, Guid? clusterId = null, ClusterRoutingOptions? options = null)
    {
        var gateway = new TestGateway(
            Shards,
            new ClusterMember(clusterId ?? ClusterId, $"gateway-{_gateways.Count + 1}", ClusterRole.Gateway),
            credentials ?? Credentials,
            options ?? Options);
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Gives every shard to a silo as a hand-over does: refuse first, then end, and nobody but the table is told.</summary>
    public async Task MoveAsync(TestSilo to)
    {
        Shards.GiveAll(to.Entry);
        foreach (var silo in _silos.Where(silo => silo != to))
        {
            await silo.EndAllAsync();
        }
    }

    /// <summary>Puts a registered backend into the store.</summary>
    public async Task<BackendName> RegisterAsync(string name)
    {
        var backend = BackendName.Parse(name);
        var record = new BackendRecord(
            backend,
            BackendConfig.Default,
            new BackendRegistration($"uid-of-{name}", "workflows", "1.0", Osmo.Grains.Availability.NodeConditionPrefix.Default, false),
            Revision: 0,
            DateTimeOffset.UnixEpoch,
            LastHeartbeat: null);
        var history = new HistoryDraft(
            "system", DateTimeOffset.UnixEpoch, "Create", TextList.Empty, BackendDocument.ToJson(record, DateTimeOffset.UnixEpoch), null);
        await _sqlite.CommitAsync(new BackendCommit(backend) { Record = record, History = history }, CancellationToken.None);
        return backend;
    }

    /// <summary>A change of the description.</summary>
    public static ConfigEdit Describe(string text)
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(new { description = text }));
        return new ReplaceFields(document.RootElement.Clone());
    }

    public async ValueTask DisposeAsync()
    {
        Store.Open();
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        await _sqlite.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>A process without grains that calls silos.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly SiloConnections _connections;

    public TestGateway(TestShards shards, ClusterMember member, ClusterCredentials credentials, ClusterRoutingOptions options)
    {
        var time = TimeProvider.System;
        Routes = new TestRoutes(shards, ownIncarnation: null);
        var security = new ClusterSecurity(credentials, time, NullLogger<ClusterSecurity>.Instance);
        Sockets = new SiloSocket(member, security, options, time);
        _connections = new SiloConnections(Sockets, options, time, NullLogger<SiloConnections>.Instance);
        Engine = new ClusterGrainEngine(Routes, _connections, options, time, NullLogger<ClusterGrainEngine>.Instance);
    }

    public TestRoutes Routes { get; }

    public SiloSocket Sockets { get; }

    public ClusterGrainEngine Engine { get; }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await _connections.DisposeAsync();
    }
}
