using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// The network between two parts of a cluster breaks, in either direction or both, and heals. A direction that is cut swallows what is
/// sent; nobody is told.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class CutTests(CutScene cut, ITestOutputHelper output) : IClassFixture<CutScene>, IAsyncLifetime
{
    private readonly ClusterScene _scene = cut.Scene;
    private readonly ClusterLinks _links = cut.Scene.Rig.Links!;

    /// <summary>What is swallowed: what goes to the server, what goes to the client.</summary>
    public static TheoryData<bool, bool> Directions => new() { { true, true }, { true, false }, { false, true } };

    public async ValueTask InitializeAsync()
    {
        Seed.Print(cut.Seed, output.WriteLine);
        await _scene.ContinueAsync();
    }

    public ValueTask DisposeAsync()
    {
        _links.Heal();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public async Task A_silo_and_the_database(bool toServer, bool toClient)
    {
        var silo = _scene.Rig.Silos[0];
        Swallow(_links.ToDatabase(silo.Name), toServer, toClient);

        // It gives its backends up, and the others serve them.
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await Eventually.AgreesAsync(
            async () => await silo.UnreadyAsync() is null ? "it says that it is ready" : null, $"{silo.Name} says that it is not ready");
        await HealsAsync("a silo without a database");
    }

    [Fact]
    public async Task A_silo_whose_connections_to_the_database_are_reset()
    {
        var line = _links.ToDatabase(_scene.Rig.Silos[1].Name);
        line.Refuses = true;
        line.Cut();
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await HealsAsync("connections to the database that were reset");
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public async Task A_silo_and_everybody_who_calls_it(bool toServer, bool toClient)
    {
        // What is in the way of those that called it stays there. Its own connections to others carry both ways: either that is enough, or
        // the others take it for dead.
        var placement = await _scene.Rig.Api.GetAsync($"/api/backends/{_scene.Fleet.Names[0]}/placement");
        Swallow(_links.ToMember(placement["silo"]!.ToString()), toServer, toClient);
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await HealsAsync("a silo that nobody reached");
    }

    [Fact]
    public async Task A_silo_whose_callers_are_cut_off_again_and_again()
    {
        foreach (var silo in _scene.Rig.Silos)
        {
            _links.ToMember(silo.Name).Cut();
            await _scene.Load.AdvancesAsync();
        }

        await HealsAsync("connections between processes that were reset");
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public async Task Agents_and_a_gateway(bool toServer, bool toClient)
    {
        Swallow(_links.ToGateway(_scene.Rig.Gateways[0].Name), toServer, toClient);
        await ChurnsAsync();
        await HealsAsync("agents that were cut off");
    }

    [Fact]
    public async Task Agents_whose_gateway_refuses_them_for_a_while()
    {
        var line = _links.ToGateway(_scene.Rig.Gateways[1].Name);
        line.Refuses = true;
        line.Cut();
        await ChurnsAsync();
        await HealsAsync("agents that were refused");
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public async Task A_gateway_and_the_database(bool toServer, bool toClient)
    {
        Swallow(_links.ToDatabase(_scene.Rig.Gateways[0].Name), toServer, toClient);

        // It hears of the others by themselves: a backend's owner changes, and it cannot read that anywhere.
        var silo = _scene.Rig.Silos[2];
        await silo.KillAsync();
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await silo.StartAsync();
        await HealsAsync("a gateway without a database");
    }

    private static void Swallow(TcpProxy line, bool toServer, bool toClient)
    {
        line.StallsToServer = toServer;
        line.StallsToClient = toClient;
    }

    private Task ChurnsAsync()
    {
        var until = _scene.Fleet.Changes + 200;
        return Eventually.HoldsAsync(() => _scene.Fleet.Changes >= until, "clusters changed");
    }

    private async Task HealsAsync(string why)
    {
        _links.Heal();
        output.WriteLine(await _scene.CheckAsync(why));
    }
}
