using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// Processes of a cluster are killed under load, again and again. In the end every acknowledged change is there, in order, once; what
/// clients saw is linearizable; every backend is served; labels are what the rules say.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class KillTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Backends = 60;
    private const int Kills = 10;

    [Fact]
    public async Task Silos_are_killed_one_after_the_other()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        var random = new Random(seed);
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), Backends, new RecordedLoadOptions { Seed = seed });
        for (var kill = 0; kill < Kills; kill++)
        {
            var victim = scene.Rig.Silos[random.Next(scene.Rig.Silos.Count)];
            await victim.KillAsync();

            // Either it is back before its lease is over, or the others have taken everything by then.
            if (random.Next(2) == 0)
            {
                await scene.Load.EveryBackendAcceptsAWriteAsync();
            }

            await victim.StartAsync();
            await victim.ReadyAsync();
            await scene.Load.AdvancesAsync(300);
        }

        output.WriteLine(await scene.CheckAsync($"{Kills} kills"));
    }

    [Fact]
    public async Task Everything_is_killed()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), backends: 12, new RecordedLoadOptions { Seed = seed });
        await Task.WhenAll(scene.Rig.Processes.Select(process => process.KillAsync()));
        await Task.WhenAll(scene.Rig.Processes.Select(process => process.StartAsync()));
        await scene.Rig.ReadyAsync();
        await scene.Load.AdvancesAsync();
        output.WriteLine(await scene.CheckAsync("a kill of every process"));
    }

    [Fact]
    public async Task Gateways_are_killed()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), backends: 12, new RecordedLoadOptions { Seed = seed });
        foreach (var gateway in scene.Rig.Gateways)
        {
            await gateway.KillAsync();
            await scene.Load.AdvancesAsync();
            await gateway.StartAsync();
            await gateway.ReadyAsync();
            await scene.Load.AdvancesAsync();
        }

        output.WriteLine(await scene.CheckAsync("kills of gateways"));
    }
}
