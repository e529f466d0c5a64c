using Osmo.Testing;
using Osmo.Testing.Cluster;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// Processes of a cluster are killed under load, again and again. In the end every acknowledged change is there, in order, once; what
/// clients saw is linearizable; every backend is served; labels are what the rules say.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class KillTests(KillScene kill, ITestOutputHelper output) : IClassFixture<KillScene>, IAsyncLifetime
{
    private const int Kills = 4;

    private readonly ClusterScene _scene = kill.Scene;

    public async ValueTask InitializeAsync()
    {
        Seed.Print(kill.Seed, output.WriteLine);
        await _scene.ContinueAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Silos_are_killed_one_after_the_other()
    {
        var random = new Random(kill.Seed);
        for (var i = 0; i < Kills; i++)
        {
            var victim = _scene.Rig.Silos[random.Next(_scene.Rig.Silos.Count)];
            await victim.KillAsync();

            // Either it is back before the others have noticed, or they have taken everything by then.
            if (random.Next(2) == 0)
            {
                await _scene.Load.EveryBackendAcceptsAWriteAsync();
            }

            await victim.StartAsync();
            await victim.ReadyAsync();
            await _scene.Load.AdvancesAsync(300);
        }

        output.WriteLine(await _scene.CheckAsync($"{Kills} kills"));
    }

    [Fact]
    public async Task Everything_is_killed()
    {
        await Task.WhenAll(_scene.Rig.Processes.Select(process => process.KillAsync()));
        await Task.WhenAll(_scene.Rig.Processes.Select(process => process.StartAsync()));
        await _scene.Rig.ReadyAsync();
        await _scene.Load.AdvancesAsync();
        output.WriteLine(await _scene.CheckAsync("a kill of every process"));
    }

    [Fact]
    public async Task Gateways_are_killed()
    {
        foreach (var gateway in _scene.Rig.Gateways)
        {
            await gateway.KillAsync();
            await _scene.Load.AdvancesAsync();
            await gateway.StartAsync();
            await gateway.ReadyAsync();
            await _scene.Load.AdvancesAsync();
        }

        output.WriteLine(await _scene.CheckAsync("kills of gateways"));
    }
}
