using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>Processes are asked to stop under load, as an upgrade does it: nobody may notice more than one request to repeat.</summary>
[Collection(ClusterCollection.Name)]
public sealed class DrainTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Backends = 30;

    [Fact]
    public async Task Every_silo_is_asked_to_stop_and_no_request_fails_when_it_is_repeated_once()
    {
        var seed = Seed.Next(output.WriteLine);
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), Backends, new RecordedLoadOptions { Seed = seed });
        foreach (var silo in scene.Rig.Silos)
        {
            Assert.Equal(0, await silo.StopAsync());
            await LeftAsync(scene, silo.Name);
            await scene.Load.AdvancesAsync();
            await silo.StartAsync();
            await silo.ReadyAsync();
            await scene.Load.AdvancesAsync();
        }

        Assert.Equal(0, scene.Load.RepeatedAgain);
        output.WriteLine(await scene.CheckAsync("every silo was asked to stop"));
    }

    [Fact]
    public async Task The_last_silo_stops_too_and_the_next_one_serves_at_once()
    {
        await using var rig = await ClusterRig.StartAsync(
            await postgres.ServerAsync(), new ClusterOptions { Silos = 1, Gateways = 1 });
        Assert.Equal(0, await rig.Silos[0].StopAsync());
        Assert.NotNull(await rig.Silos[0].UnreadyAsync());
        await rig.Silos[0].StartAsync();
        await rig.ReadyAsync();

        var placement = await rig.Api.GetAsync("/api/backends/isaac/placement");
        Assert.Equal("silo-0", placement["silo"]!.ToString());
    }

    /// <summary>A silo that has stopped is in the list no more, and the others run everything.</summary>
    private static async Task LeftAsync(ClusterScene scene, string silo)
    {
        var members = (await scene.Rig.Api.GetAsync("/api/silos"))["silos"]!.AsArray();
        Assert.Equal(
            scene.Rig.Processes.Select(other => other.Name).Where(other => other != silo).Order(StringComparer.Ordinal),
            members.Select(other => other!["name"]!.ToString()));
        foreach (var backend in scene.Fleet.Names)
        {
            var placement = await scene.Rig.Api.GetAsync($"/api/backends/{backend}/placement");
            Assert.NotEqual(silo, placement["silo"]!.ToString());
        }
    }
}
