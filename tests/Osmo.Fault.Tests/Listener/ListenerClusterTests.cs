using Osmo.Fault.Tests.Cluster;
using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Listener;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Listener;

/// <summary>
/// Python agents on a cluster whose processes end. They come back by themselves; what was acknowledged is there, what was not comes again,
/// and every change of a configuration reaches them.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class ListenerClusterTests(SharedPostgres postgres, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Backends = 24;
    private const int Nodes = 5;
    private const int Rounds = 4;

    private readonly Random _random = new(Seed.Next(output.WriteLine));
    private ClusterRig _rig = null!;
    private PythonFleet _fleet = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await ClusterRig.StartAsync(await postgres.ServerAsync());
        _fleet = await PythonFleet.StartAsync(_rig.GatewayUrls, Backends, Nodes);
    }

    public async ValueTask DisposeAsync()
    {
        await (_fleet?.DisposeAsync() ?? default);
        await (_rig?.DisposeAsync() ?? default);
    }

    [Fact]
    public async Task What_was_acknowledged_just_before_a_silo_is_killed_is_there_afterwards()
    {
        for (var round = 0; round < Rounds; round++)
        {
            _fleet.Change(_random, 5);
            await _fleet.SettlesAsync();
            var victim = _rig.Silos[_random.Next(_rig.Silos.Count)];
            await victim.KillAsync();
            await CheckAsync($"Killed{round}");
            await victim.StartAsync();
            await victim.ReadyAsync();
        }
    }

    [Fact]
    public async Task Silos_are_killed_in_the_midst_of_reports()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var victim = _rig.Silos[_random.Next(_rig.Silos.Count)];
            _fleet.Change(_random, 40);
            var killing = victim.KillAsync();
            _fleet.Change(_random, 40);
            await killing;
            await victim.StartAsync();
            await _fleet.SettlesAsync();
            await victim.ReadyAsync();
            await CheckAsync($"Midst{round}");
        }
    }

    [Fact]
    public async Task Silos_are_asked_to_stop_and_agents_go_over_to_the_others()
    {
        foreach (var silo in _rig.Silos)
        {
            _fleet.Change(_random, 20);
            Assert.Equal(0, await silo.StopAsync());
            await CheckAsync($"Without-{silo.Name}");
            _fleet.Change(_random, 20);
            await silo.StartAsync();
            await silo.ReadyAsync();
            await CheckAsync($"With-{silo.Name}");
        }
    }

    [Fact]
    public async Task Gateways_are_killed_and_their_agents_come_back()
    {
        foreach (var gateway in _rig.Gateways)
        {
            _fleet.Change(_random, 20);
            await gateway.KillAsync();
            _fleet.Change(_random, 20);
            await gateway.StartAsync();
            await gateway.ReadyAsync();
            await CheckAsync($"After-{gateway.Name}");
        }
    }

    private async Task CheckAsync(string condition)
    {
        await _fleet.ConfigureAsync(_rig.Api, condition);
        await _fleet.SettlesAsync();
        await _fleet.AgreesAsync(_rig.Api);
        Assert.Empty(_rig.Crashes());
    }
}
