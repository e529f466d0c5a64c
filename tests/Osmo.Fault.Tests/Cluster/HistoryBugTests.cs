using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>The checker of histories, on real traffic: it finds what is wrong with a server that has a bug, and nothing else.</summary>
public sealed class HistoryBugTests(ITestOutputHelper output)
{
    private static readonly string[] Backends = ["east", "west", "north"];

    [Theory]
    [InlineData(ServerBug.StaleRead, "stale read")]
    [InlineData(ServerBug.LostWrite, "revision used twice")]
    [InlineData(ServerBug.AppliedTwice, "applied twice")]
    [InlineData(ServerBug.IgnoredCondition, "condition ignored")]
    public async Task A_bug_is_found(ServerBug bug, string named)
    {
        var found = await Assert.ThrowsAsync<InvalidDataException>(() => CheckAsync(bug));
        output.WriteLine(found.Message);
        Assert.Contains(named, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_loses_answers_and_nothing_else_passes() => output.WriteLine(await CheckAsync(ServerBug.None));

    private async Task<string> CheckAsync(ServerBug bug)
    {
        var seed = Seed.Next(output.WriteLine);
        await using var server = await BrokenRegister.StartAsync(bug, seed, Backends);
        using var api = new ClusterApi([server.Url]);
        await using var load = await RecordedLoad.StartAsync(
            [server.Url], Backends, new RecordedLoadOptions { Seed = seed, Clients = 8, Pause = TimeSpan.FromMilliseconds(1) });
        await load.AdvancesAsync(1_000);
        await Eventually.HoldsAsync(() => bug == ServerBug.None || server.Bugs > 10, "the server did something wrong");
        await load.StopAsync();
        return await load.CheckAsync(api);
    }
}
