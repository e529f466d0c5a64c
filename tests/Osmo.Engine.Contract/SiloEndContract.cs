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
    public async Task A_silo_that_is_asked_to_stop_hands_over_under_load_and_no_call_fails()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { Silos = 3 });
        var backends = await RegisterAsync(rig, Backends);
        var stopping = rig.Silos[0];
        var load = new ChangeLoad(Without(rig, stopping), backends);
        await load.ProgressAsync(3);

        await rig.StopAsync(stopping);
        var owners = await Task.WhenAll(backends.Select(async backend => (await rig.Caller.GetBackend(backend).PingAsync(Cancel)).Silo));
        await load.ProgressAsync(3);
        await load.EndAsync();

        Assert.Empty(load.Failures);
        Assert.DoesNotContain(stopping.Id, owners);
        await AssertKeptAsync(rig, load, backends);
    }

    [Fact]
    public async Task Backends_of_a_silo_that_ends_without_a_word_are_served_by_the_others_and_nothing_is_lost()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { Silos = 3, Silence = RigOptions.ShortSilence });
        var backends = await RegisterAsync(rig, Backends);
        var owners = await Task.WhenAll(backends.Select(async backend => (await rig.Caller.GetBackend(backend).PingAsync(Cancel)).Silo));
        var ending = rig.Silos.First(silo => owners.Contains(silo.Id));
        var load = new ChangeLoad(Without(rig, ending), backends);
        await load.ProgressAsync(3);

        await rig.EndAsync(ending);
        await load.ProgressAsync(3);
        await load.EndAsync();

        await AssertKeptAsync(rig, load, backends);
        foreach (var backend in backends)
        {
            Assert.NotEqual(ending.Id, (await rig.Caller.GetBackend(backend).PingAsync(Cancel)).Silo);
        }
    }

    [Fact]
    public async Task An_agent_goes_on_when_its_silo_ends_without_a_word()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { Silence = RigOptions.ShortSilence });
        var backend = NewName();
        await using var agent = await ScriptedAgent.JoinAsync(rig.Door, backend.Value);
        await agent.ReportAsync([ScriptedNode.Ready("one")], snapshot: true);
        var owner = (await rig.Caller.GetBackend(backend).PingAsync(Cancel)).Silo;

        await rig.EndAsync(rig.Silos.Single(silo => silo.Id == owner));
        await Eventually.HoldsAsync(() => agent.Restart is not null, "the agent is asked to begin anew");
        await agent.BeginAnewAsync();
        await agent.ReportAsync([ScriptedNode.Ready("one"), ScriptedNode.Ready("two")], snapshot: true);

        Assert.False(agent.Ended);
        var status = await rig.Caller.GetBackend(backend).GetAsync(Cancel);
        Assert.Equal((2, true, true), (status.Nodes, status.AgentConnected, status.AgentSynced));
    }

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
