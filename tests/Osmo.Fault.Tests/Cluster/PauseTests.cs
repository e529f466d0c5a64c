using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// A silo stands still for longer than its lease while clients write, and goes on: what it had in its hands is refused by the store, for
/// others own its backends by then.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class PauseTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Backends = 12;
    private const int Rounds = 3;
    private const string Refused = "The store refused a change of backend";

    [Fact]
    public async Task A_paused_silo_goes_on_and_serves_again()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), Backends, new RecordedLoadOptions { Seed = seed });
        for (var round = 0; round < Rounds; round++)
        {
            var silo = scene.Rig.Silos[(seed + round) % scene.Rig.Silos.Count];
            await silo.Process.PauseAsync();
            await scene.Load.EveryBackendAcceptsAWriteAsync();
            await silo.Process.ResumeAsync();
            await silo.ReadyAsync();
            await scene.Load.AdvancesAsync();
        }

        output.WriteLine(await scene.CheckAsync("pauses"));
    }

    [Fact]
    public async Task Writes_that_were_on_their_way_are_refused()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), Backends, new RecordedLoadOptions { Seed = seed }, new ClusterOptions { Links = true });
        var silo = scene.Rig.Silos[0];
        var line = scene.Rig.Links!.ToDatabase(silo.Name);

        // What the silo sends stays on the way, commits among it; then the silo stands still, so that it cannot take anything back.
        line.StallsToServer = true;
        await scene.Load.AdvancesAsync();
        await silo.Process.PauseAsync();
        await scene.Load.EveryBackendAcceptsAWriteAsync();
        line.StallsToServer = false;
        await silo.Process.ResumeAsync();
        await Eventually.HoldsAsync(
            () => silo.Log.Any(entry => entry.Contains(Refused, StringComparison.Ordinal)),
            "the silo says that its writes were refused",
            () => string.Join('\n', silo.Log.TakeLast(20)));
        await silo.ReadyAsync();
        output.WriteLine(await scene.CheckAsync("a pause with writes on their way"));
    }
}
