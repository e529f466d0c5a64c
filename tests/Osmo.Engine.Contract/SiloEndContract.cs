using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>Silos end, in good order and without a word, and callers and agents go on.</summary>
public abstract class SiloEndContract(ClusterUnderTest engine) : EngineContract
{
    private const int Backends = 12;

    [Fact]
    public async Task Silos_come_and_go_in_good_order_under_load_and_no_call_fails()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions());
        var backends = await RegisterAsync(rig, Backends);
        var leaving = rig.Silos[0];
        var load = new ChangeLoad(Without(rig, leaving), backends);
        await load.ProgressAsync(3);

        var joined = await rig.AddSiloAsync();
        await load.ProgressAsync(3);
        await rig.StopAsync(leaving);
        var owners = await OwnersAsync(rig, backends);
        await load.ProgressAsync(3);
        await load.EndAsync();

        Assert.Empty(load.Failures);
        Assert.Contains(joined.Id, owners);
        Assert.DoesNotContain(leaving.Id, owners);
        await AssertKeptAsync(rig, load, backends);
        Assert.Equal(load.Acknowledged(backends[0])[^1], await ReadAsync(joined.Engine, backends[0]));
    }

    [Fact]
    public async Task A_silo_ends_without_a_word_and_the_others_serve_its_backends_and_nothing_is_lost()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { Silos = 3, Silence = RigOptions.ShortSilence });
        var backends = await RegisterAsync(rig, Backends);
        var connected = NewName();
        await using var agent = await JoinAsync(rig, connected);
        await agent.ReportAsync([ScriptedNode.Ready("one")], snapshot: true);
        var owner = (await rig.Caller.GetBackend(connected).PingAsync(Cancel)).Silo;
        var ending = rig.Silos.Single(silo => silo.Id == owner);
        var load = new ChangeLoad(Without(rig, ending), backends);
        await load.ProgressAsync(3);

        await rig.EndAsync(ending);
        await load.ProgressAsync(3);
        await load.EndAsync();

        await AssertKeptAsync(rig, load, backends);
        Assert.DoesNotContain(ending.Id, await OwnersAsync(rig, backends));
        await Eventually.HoldsAsync(() => agent.Restart is not null, "the agent is asked to begin anew");
        await agent.BeginAnewAsync();
        await agent.ReportAsync([ScriptedNode.Ready("one"), ScriptedNode.Ready("two")], snapshot: true);
        Assert.False(agent.Ended);
        var status = await rig.Caller.GetBackend(connected).GetAsync(Cancel);
        Assert.Equal((2, true, true), (status.Nodes, status.AgentConnected, status.AgentSynced));
    }

    private static Task<string[]> OwnersAsync(IClusterRig rig, IEnumerable<BackendName> backends) =>
        Task.WhenAll(backends.Select(async backend => (await rig.Caller.GetBackend(backend).PingAsync(Cancel)).Silo));

    private static IReadOnlyList<IGrainEngine> Without(IClusterRig rig, IEngineSilo silo) =>
        [rig.Caller, .. rig.Silos.Where(other => other != silo).Select(other => other.Engine)];

    private static async Task AssertKeptAsync(IClusterRig rig, ChangeLoad load, IEnumerable<BackendName> backends)
    {
        foreach (var backend in backends)
        {
            var acknowledged = load.Acknowledged(backend);
            Assert.Equal(acknowledged, await ChangesAsync(rig, backend));
            Assert.Equal(acknowledged[^1], await ReadAsync(rig.Caller, backend));
        }
    }
}
