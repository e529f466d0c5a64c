using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Routing;

/// <summary>Calls from a gateway to silos, over sockets.</summary>
public sealed class CallTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_calls_its_own_grains_without_the_network_and_the_others_over_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var east = await cluster.RegisterAsync("east");

        Assert.Equal("silo-1", (await cluster.Silos[0].Engine.GetBackend(east).PingAsync(Cancel)).Silo);
        Assert.Equal(0, cluster.Silos[0].Proxy.Connections);
        Assert.Equal("silo-1", (await cluster.Silos[1].Engine.GetBackend(east).PingAsync(Cancel)).Silo);
        Assert.Equal(1, cluster.Silos[0].Proxy.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_follows_a_backend_that_moved(bool tells)
    {
        await using var cluster = await TestCluster.StartAsync(tells: tells);
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        await gateway.Engine.GetBackend(east).ConfigureAsync(TestCluster.Describe("before"), Audit.System, null, Cancel);

        await cluster.MoveAsync(cluster.Silos[1]);
        var after = await gateway.Engine.GetBackend(east).GetAsync(Cancel);
        Assert.Equal("before", after.Record.Config.Description);
        Assert.Equal("silo-2", (await gateway.Engine.GetBackend(east).PingAsync(Cancel)).Silo);
        Assert.Equal(tells, gateway.Routes.Learnt > 0);
        Assert.Equal(tells ? 0 : 1, gateway.Routes.Refreshes);
        Assert.Equal(1, gateway.Engine.Retries);
    }

    [Fact]
    public async Task A_refusal_is_enough_to_find_the_owner_while_the_database_is_away()
    {
        await using var cluster = await TestCluster.StartAsync();
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        gateway.Routes.IsBlind = true;

        await cluster.MoveAsync(cluster.Silos[1]);
        Assert.Equal("silo-2", (await gateway.Engine.GetBackend(east).PingAsync(Cancel)).Silo);
    }

    [Fact]
    public async Task A_call_waits_for_an_owner_until_its_deadline()
    {
        await using var cluster = await TestCluster.StartAsync(options: new() { CallTimeout = TimeSpan.FromMilliseconds(300) });
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        cluster.Shards.GiveAll(null);
        gateway.Routes.Read();

        var failure = await Assert.ThrowsAsync<OsmoException>(() => gateway.Engine.GetBackend(east).PingAsync(Cancel));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.Contains("No silo owns the backend", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("may have been made", failure.Message, StringComparison.Ordinal);

        // One that is found in time is called.
        var patient = cluster.AddGateway(options: new());
        patient.Routes.Read();
        var call = patient.Engine.GetBackend(east).PingAsync(Cancel);
        await Eventually.HoldsAsync(() => patient.Routes.Refreshes > 1, "the gateway looks for an owner");
        cluster.Shards.GiveAll(cluster.Silos[1].Entry);
        Assert.Equal("silo-2", (await call).Silo);
    }

    [Fact]
    public async Task A_change_whose_outcome_is_unknown_is_applied_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        cluster.Store.Close(east);
        var change = gateway.Engine.GetBackend(east).ConfigureAsync(TestCluster.Describe("once"), Audit.System, null, Cancel);
        await Eventually.HoldsAsync(() => cluster.Store.Waiting == 1, "the change is at the store");

        cluster.Silos[0].Proxy.Cut();
        await Eventually.HoldsAsync(() => gateway.Engine.Retries > 0, "the gateway tries again");
        cluster.Store.Open();
        var record = await change;

        var entries = await HistoryAsync(cluster, east);
        Assert.Equal("once", record.Config.Description);
        Assert.Equal(2, entries.Count);
        Assert.Equal(record.Revision, entries.Max(entry => entry.Revision));
    }

    [Fact]
    public async Task A_change_of_which_only_the_answer_is_lost_is_answered_by_the_next_owner()
    {
        await using var cluster = await TestCluster.StartAsync();
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        await gateway.Engine.GetBackend(east).PingAsync(Cancel);

        cluster.Silos[0].Proxy.StallsToClient = true;
        var change = gateway.Engine.GetBackend(east).ConfigureAsync(TestCluster.Describe("once"), Audit.System, null, Cancel);
        await Eventually.AgreesAsync(
            async () => (await HistoryAsync(cluster, east)).Count == 2 ? null : "one entry", "the change is durable");
        await cluster.MoveAsync(cluster.Silos[1]);
        cluster.Silos[0].Proxy.Refuses = true;
        cluster.Silos[0].Proxy.Cut();

        var record = await change;
        Assert.Equal("once", record.Config.Description);
        Assert.Equal(2, (await HistoryAsync(cluster, east)).Count);
    }

    [Fact]
    public async Task A_silo_that_answers_nothing_is_noticed_and_left()
    {
        await using var cluster = await TestCluster.StartAsync(options: new()
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(100),
            KeepAliveTimeout = TimeSpan.FromMilliseconds(300),
            CallTimeout = TimeSpan.FromSeconds(25),
        });
        var east = await cluster.RegisterAsync("east");
        var gateway = cluster.AddGateway();
        await gateway.Engine.GetBackend(east).PingAsync(Cancel);

        cluster.Silos[0].Proxy.StallsToClient = true;
        cluster.Silos[0].Proxy.StallsToServer = true;
        var call = gateway.Engine.GetBackend(east).PingAsync(Cancel);
        await cluster.MoveAsync(cluster.Silos[1]);
        Assert.Equal("silo-2", (await call).Silo);
    }

    [Fact]
    public async Task A_slow_backend_takes_its_share_of_a_connection_and_no_more()
    {
        const int Share = 8;
        await using var cluster = await TestCluster.StartAsync(options: new() { CallsPerBackendMax = Share });
        var slow = await cluster.RegisterAsync("slow");
        var fast = await cluster.RegisterAsync("fast");
        Assert.NotEqual(BackendShard.Of(slow), BackendShard.Of(fast));
        var gateway = cluster.AddGateway();
        cluster.Store.Close(slow);

        var waiting = Enumerable.Range(0, 4 * Share)
            .Select(i => gateway.Engine.GetBackend(slow).ConfigureAsync(TestCluster.Describe($"{i}"), Audit.System, null, Cancel))
            .ToArray();
        await Eventually.HoldsAsync(() => cluster.Store.Waiting == 1 && gateway.Engine.Retries >= 3 * Share, "the share is taken");
        await gateway.Engine.GetBackend(fast).ConfigureAsync(TestCluster.Describe("at once"), Audit.System, null, Cancel);
        Assert.DoesNotContain(waiting, call => call.IsCompleted);

        cluster.Store.Open();
        await Task.WhenAll(waiting);
        Assert.Equal(1 + waiting.Length, (await HistoryAsync(cluster, slow)).Count);
    }

    [Fact]
    public async Task Many_callers_share_one_connection()
    {
        await using var cluster = await TestCluster.StartAsync();
        var names = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => cluster.RegisterAsync($"backend-{i}")));
        var gateway = cluster.AddGateway();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(
            async () =>
            {
                var name = names[caller % names.Length];
                for (var i = 0; i < 50; i++)
                {
                    Assert.Equal(BackendShard.Of(name), (await gateway.Engine.GetBackend(name).PingAsync(Cancel)).Shard);
                }
            },
            Cancel)));
        Assert.Equal(1, cluster.Silos[0].Proxy.Connections);
    }

    private static Task<IReadOnlyList<ConfigRevision>> HistoryAsync(TestCluster cluster, BackendName backend) =>
        cluster.Configs.ReadHistoryAsync(
            new ConfigHistoryQuery { Types = [ConfigType.Backend], Name = backend.Value, Limit = 1_000 }, Cancel);
}
