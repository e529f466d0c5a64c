using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>The build of the commit before this one works beside this one, on one database, while clients and agents are at work.</summary>
[Collection(ClusterCollection.Name)]
public sealed class RollingUpgradeTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Backends = 12;

    [Fact]
    public async Task A_cluster_is_upgraded_one_process_after_the_other_and_one_goes_back()
    {
        var seed = Seed.Next(output.WriteLine);
        using var folder = new ScratchFolder();

        // The commit that brought Orleans cannot be rolled out beside the one before it. There this build stands for both, so that what is
        // tried is the replacement of one process after the other.
        var previous = await PreviousBuild.OfServerAsync(folder);
        output.WriteLine(previous is null ? "The previous commit's server has no Orleans: this build replaces itself." : "Two builds.");
        await using var scene = await ClusterScene.StartAsync(
            await postgres.ServerAsync(), Backends, new RecordedLoadOptions { Seed = seed }, new ClusterOptions { Program = previous });
        foreach (var process in scene.Rig.Processes)
        {
            await ReplaceAsync(scene, process, program: null);
        }

        await ReplaceAsync(scene, scene.Rig.Silos[0], previous);
        await ReplaceAsync(scene, scene.Rig.Gateways[0], previous);
        output.WriteLine(await scene.CheckAsync("an upgrade, and half of the way back"));
    }

    private static async Task ReplaceAsync(ClusterScene scene, ClusterProcess process, string? program)
    {
        Assert.Equal(0, await process.StopAsync());
        process.Use(program);
        await process.StartAsync();
        await process.ReadyAsync();
        await scene.Load.AdvancesAsync();
    }
}
