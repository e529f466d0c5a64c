using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Xunit;

namespace Osmo.Fault.Tests.Crash;

/// <summary>One server with an embedded database is killed under load, again and again: what clients saw is linearizable.</summary>
public sealed class RecordedHistoryTests(ITestOutputHelper output)
{
    private const int Kills = 5;
    private static readonly string[] Backends = ["east", "west", "north"];

    [Fact]
    public async Task What_clients_saw_is_linearizable()
    {
        var seed = Seed.Next();
        output.WriteLine($"{Seed.Variable}={seed}");
        using var folder = new ScratchFolder();
        var url = ClusterProcess.FreeUrl();
        await using var server = new ClusterProcess(
            "server", url, ["serve", "--url", url.GetLeftPart(UriPartial.Authority), "--data", folder.Of("data")]);
        await server.StartAsync();
        foreach (var backend in Backends)
        {
            await (await ScriptedAgent.JoinAsync(url, backend)).DisposeAsync();
        }

        using var api = new ClusterApi([url]);
        await using var load = await RecordedLoad.StartAsync(
            [url], Backends, new RecordedLoadOptions { Seed = seed, Clients = 8, Pause = TimeSpan.FromMilliseconds(2) });
        for (var kill = 0; kill < Kills; kill++)
        {
            await load.AdvancesAsync(100);
            await server.KillAsync();
            await server.StartAsync();
        }

        await load.AdvancesAsync(100);
        await load.EveryBackendAcceptsAWriteAsync();
        output.WriteLine(await load.CheckAsync(api));
    }
}
