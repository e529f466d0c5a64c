using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Testing.Network;

namespace Osmo.Integration.Tests.Routing;

/// <summary>A silo on a free port, with grains of its own, behind a proxy by which a test breaks the network.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSilo(WebApplication app, TcpProxy proxy, SiloEntry entry)
    {
        _app = app;
        Proxy = proxy;
        Entry = entry;
    }

    public TcpProxy Proxy { get; }

    public SiloEntry Entry { get; }

    public LocalGrainEngine Local => _app.Services.GetRequiredService<LocalGrainEngine>();

    /// <summary>The engine that a gateway in the silo's process would use.</summary>
    public IGrainEngine Engine => _app.Services.GetRequiredService<IGrainEngine>();

    public ClusterGrainEngine Routed => _app.Services.GetRequiredService<ClusterGrainEngine>();

    public TestRoutes Routes => (TestRoutes)_app.Services.GetRequiredService<IShardRoutes>();

    public static async Task<TestSilo> StartAsync(
        TestShards shards,
        IBackendStore store,
        ClusterMember member,
        long incarnation,
        ClusterCredentials credentials,
        ClusterRoutingOptions options,
        bool tells)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseCluster()));
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<IOwnership>(new TestOwnership(shards, incarnation, tells));
        builder.Services.AddSingleton<IShardRoutes>(new TestRoutes(shards, incarnation));
        builder.Services.AddSilo(new SiloIdentity(member.Id, "1.0"));
        builder.Services.AddSingleton(provider => new LocalGrains(
            provider.GetRequiredService<LocalGrainEngine>(), provider.GetRequiredService<IOwnership>()));
        builder.Services.AddClusterRouting(_ => member, credentials, options);
        var app = builder.Build();
        app.MapClusterEndpoints();
        await app.StartAsync();
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var proxy = TcpProxy.InFrontOf(address);
        var entry = new SiloEntry(
            incarnation,
            member.Id,
            new UriBuilder(proxy.Url) { Scheme = address.Scheme }.Uri,
            "1.0",
            ClusterProtocol.Version,
            DateTimeOffset.UnixEpoch,
            TimeSpan.FromSeconds(3),
            Draining: false,
            Backends: 0,
            Nodes: 0);
        lock (shards.Silos)
        {
            shards.Silos.Add(entry);
        }

        return new TestSilo(app, proxy, entry);
    }

    /// <summary>Ends the grains of every shard here, as whoever decides about ownership does it.</summary>
    public Task EndAllAsync() => ((IActivationHost)Local).EndAsync(Enumerable.Range(0, BackendShard.Count).ToHashSet());

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _app.Services.GetRequiredService<ServingTime>().End();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
