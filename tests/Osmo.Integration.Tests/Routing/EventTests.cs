using System.Collections.Concurrent;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Routing;

/// <summary>Fleet events of every silo in one stream.</summary>
public sealed class EventTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_of_all_silos_arrive_and_a_lost_stream_asks_to_read_anew()
    {
        await using var cluster = await TestCluster.StartAsync();
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        var seen = new ConcurrentQueue<FleetEvent?>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var watching = Task.Run(
            async () =>
            {
                await foreach (var item in gateway.Engine.Watch.FollowAsync(null, stop.Token))
                {
                    seen.Enqueue(item.Event);
                }
            },
            Cancel);
        await Eventually.HoldsAsync(() => seen.Count(happened => happened is null) == 2, "both silos are followed");

        async Task ChangeAsync(string description)
        {
            await gateway.Engine.GetBackend(east).ConfigureAsync(TestCluster.Describe(description), Audit.System, null, Cancel);
            await Eventually.HoldsAsync(
                () => seen.Any(happened => happened?.View?.Record?.Config.Description == description), $"{description} is seen");
        }

        await ChangeAsync("on the first");
        await cluster.MoveAsync(cluster.Silos[1]);
        await ChangeAsync("on the second");

        cluster.Silos[1].Proxy.Cut();
        await Eventually.HoldsAsync(() => seen.Count(happened => happened is null) == 3, "the stream is followed again");
        await ChangeAsync("after the cut");

        await cluster.AddSiloAsync();
        await Eventually.HoldsAsync(() => seen.Count(happened => happened is null) == 4, "the new silo is followed");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task Silos_are_followed_only_while_somebody_watches()
    {
        await using var cluster = await TestCluster.StartAsync(options: new() { WatchLinger = TimeSpan.Zero });
        var gateway = cluster.AddGateway();
        Assert.Equal(0, cluster.Silos[0].Proxy.Connections);
        var watcher = gateway.Engine.Watch.FollowAsync(null, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await watcher.MoveNextAsync());
        Assert.Null(watcher.Current.Event);
        await Eventually.HoldsAsync(() => cluster.Silos.All(silo => silo.Proxy.Connections == 1), "both silos are followed");
        await watcher.DisposeAsync();
        await Eventually.HoldsAsync(() => cluster.Silos.All(silo => silo.Proxy.Open == 0), "nobody is followed any more");
    }
}
