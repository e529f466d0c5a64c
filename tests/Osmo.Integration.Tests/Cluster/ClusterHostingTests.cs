using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Storage.Postgres;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>A host that is a silo, and one that is a gateway.</summary>
public sealed class ClusterHostingTests(SharedPostgres postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_hands_over_before_anything_of_its_host_stops()
    {
        var database = await DatabaseAsync();
        using var first = Silo(database, "silo-a", out var events);
        using var second = Silo(database, "silo-b", out _);
        using var gateway = Gateway(database);
        await Task.WhenAll(first.StartAsync(Cancel), second.StartAsync(Cancel), gateway.StartAsync(Cancel));
        var view = gateway.Services.GetRequiredService<IClusterView>();
        var routes = gateway.Services.GetRequiredService<IShardRoutes>();
        await Eventually.HoldsAsync(() => Shares(view) is [("silo-a", 128), ("silo-b", 128)], "both own a half", () => view.Read());

        await first.StopAsync(Cancel);

        Assert.Equal("stopped", events.Last());
        Assert.Contains("ended", events);
        Assert.Equal(LeaseState.Left, first.Services.GetRequiredService<ISiloLease>().State);
        await Eventually.HoldsAsync(() => Shares(view) is [("silo-b", 256)], "the other owns all", () => view.Read());
        Assert.All(Enumerable.Range(0, 256), shard => Assert.Equal("silo-b", routes.Get(shard).Owner?.Id));
        await second.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_superseded_silo_stops_its_host_and_says_why()
    {
        var database = await DatabaseAsync();
        using var first = Silo(database, "silo-a", out _);
        await first.StartAsync(Cancel);
        var lease = first.Services.GetRequiredService<ISiloLease>();
        await Eventually.HoldsAsync(() => lease.Incarnation is not null, "it has joined");
        using var second = Silo(database, "silo-a", out _);
        await second.StartAsync(Cancel);

        await first.WaitForShutdownAsync(Cancel);

        Assert.Equal(LeaseState.Superseded, lease.State);
        Assert.Contains("--silo-id", (await lease.Superseded).Message, StringComparison.Ordinal);
        await second.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_process_without_an_owner_refuses_with_advice()
    {
        using var silo = Silo(await DatabaseAsync(), "silo-a", out _);
        var ownership = silo.Services.GetRequiredService<IOwnership>();

        var refusal = Assert.Throws<OsmoException>(() => ownership.Claim(RigSilo.NameOf(9)));

        Assert.Equal((ErrorCode.Moved, 9), (refusal.Code, refusal.Move?.Shard));
    }

    private static (string Id, int Shards)[] Shares(IClusterView view) =>
        [.. view.Read().Silos.Select(silo => (silo.Silo.Id, silo.Shards)).OrderBy(silo => silo.Id, StringComparer.Ordinal)];

    private static IHost Silo(PostgresOptions database, string id, out ConcurrentQueue<string> events)
    {
        var seen = events = new ConcurrentQueue<string>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IActivationHost>(new RecordingHost(seen));
        builder.Services.AddSingleton<IHostedService>(new RecordingService(seen));
        builder.Services.AddClusterOwnership(
            database, ClusterRig.Quick, _ => new SiloRegistration(id, new Uri("http://127.0.0.1:7000"), "0.1.0", 1));
        return builder.Build();
    }

    private static IHost Gateway(PostgresOptions database)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddClusterRoutes(database, new LeaseOptions { Poll = TimeSpan.FromMilliseconds(500) });
        return builder.Build();
    }

    private async Task<PostgresOptions> DatabaseAsync()
    {
        var options = new PostgresOptions { ConnectionString = await postgres.CreateDatabaseAsync(Cancel) };
        await using var opened = await PostgresDatabase.OpenAsync(options, Cancel);
        return options;
    }

    private sealed class RecordingHost(ConcurrentQueue<string> events) : IActivationHost
    {
        public Task EndAsync(IReadOnlySet<int> shards)
        {
            events.Enqueue("ended");
            return Task.CompletedTask;
        }

        public (int Backends, long Nodes) Count() => (1, 10);
    }

    private sealed class RecordingService(ConcurrentQueue<string> events) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            events.Enqueue("stopped");
            return Task.CompletedTask;
        }
    }
}
