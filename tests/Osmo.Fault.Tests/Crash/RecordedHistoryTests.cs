using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Fault.Tests.Crash;

/// <summary>
/// One server with an embedded database is killed under load, again and again: what clients saw is linearizable, and labels are right in
/// the end.
/// </summary>
public sealed class RecordedHistoryTests(ITestOutputHelper output)
{
    private const int Kills = 5;
    private const int Backends = 6;

    [Fact]
    public async Task What_clients_saw_is_linearizable()
    {
        var seed = Seed.Next(output.WriteLine);
        using var folder = new ScratchFolder();
        var url = ReservedPorts.NextUrl();
        await using var server = new ClusterProcess(
            "server", url, ["serve", "--url", url.GetLeftPart(UriPartial.Authority), "--data", folder.Of("data")]);
        await server.StartAsync();
        using var api = new ClusterApi([url]);
        await using var fleet = await ClusterFleet.StartAsync(api, [url], Backends, seed);
        await using var load = await RecordedLoad.StartAsync(
            [url], fleet.Names, new RecordedLoadOptions { Seed = seed, Clients = 8, Pause = TimeSpan.FromMilliseconds(2) });
        for (var kill = 0; kill < Kills; kill++)
        {
            await load.AdvancesAsync(100);
            await server.KillAsync();
            await server.StartAsync();
        }

        await load.AdvancesAsync(100);
        await load.EveryBackendAcceptsAWriteAsync();
        output.WriteLine(await load.CheckAsync(api));
        await fleet.ConvergesAsync(api, $"{Kills} kills");
    }
}
