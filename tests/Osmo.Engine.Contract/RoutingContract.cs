using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>A call reaches the one silo that runs the grain, from wherever it comes.</summary>
public abstract class RoutingContract(ClusterUnderTest engine) : EngineContract
{
    [Fact]
    public async Task Everybody_finds_the_same_owner_and_the_silos_share_the_backends()
    {
        var rig = await engine.SharedClusterAsync();
        var backends = await RegisterAsync(rig, 16);
        var owners = new HashSet<string>();
        foreach (var backend in backends)
        {
            var placement = await PlacementAsync(rig, backend);
            Assert.Equal(BackendShard.Of(backend), placement.Shard);
            Assert.NotNull(placement.Epoch);
            owners.Add(placement.Silo);
        }

        Assert.Equal(rig.Silos.Select(silo => silo.Id).Order(), owners.Order());
    }

    [Fact]
    public async Task Every_operation_reaches_the_owner_from_everywhere()
    {
        var rig = await engine.SharedClusterAsync();
        foreach (var seen in Everywhere(rig))
        {
            var name = await RegisterAsync(rig);
            var backend = seen.GetBackend(name);
            var changed = await ConfigureAsync(seen, name, "changed");
            Assert.Equal(changed, (await backend.GetAsync(Cancel)).Record);
            Assert.Empty((await backend.ListNodesAsync(new NodeQuery(), Cancel)).Nodes);
            await RefusesAsync(ErrorCode.NotFound, () => seen.GetNode(name, "node").ExplainAsync(Cancel));
            await RefusesAsync(
                ErrorCode.PreconditionFailed,
                () => backend.ConfigureAsync(Describe("late"), Audit.System, changed.Revision - 1, Cancel));
            await backend.DeleteAsync(Audit.System, changed.Revision, Cancel);
            await RefusesAsync(ErrorCode.NotFound, () => rig.Caller.GetBackend(name).GetAsync(Cancel));
        }
    }

    [Fact]
    public async Task Calls_follow_a_backend_that_moves_and_find_it_as_it_was()
    {
        var rig = await engine.SharedClusterAsync();
        var name = NewName();
        await using (var agent = await JoinAsync(rig, name))
        {
            await agent.ReportAsync([ScriptedNode.Ready("good"), ScriptedNode.NotReady("bad")], snapshot: true);
        }

        await ConfigureAsync(rig.Caller, name, "before");
        var before = await PlacementAsync(rig, name);
        for (var moves = 0; moves < 2; moves++)
        {
            await rig.MoveAsync(name);
            foreach (var seen in Everywhere(rig))
            {
                Assert.Equal(moves == 0 ? "before" : "on the way", await ReadAsync(seen, name));
                Assert.True((await seen.GetNode(name, "good").ExplainAsync(Cancel)).Node.Available);
                Assert.False((await seen.GetNode(name, "bad").ExplainAsync(Cancel)).Node.Available);
                Assert.Equal(2, (await seen.GetBackend(name).ListNodesAsync(new NodeQuery(), Cancel)).Nodes.Length);
            }

            await ConfigureAsync(rig.Silos[moves].Engine, name, "on the way");
            var after = await PlacementAsync(rig, name);
            Assert.NotEqual(before.Silo, after.Silo);
            Assert.True(after.Epoch > before.Epoch);
            before = after;
        }
    }

    /// <summary>Where a backend is, which everybody has to agree on.</summary>
    private static async Task<BackendPlacement> PlacementAsync(IClusterRig rig, BackendName backend) =>
        Assert.Single((await Task.WhenAll(Everywhere(rig).Select(seen => seen.GetBackend(backend).PingAsync(Cancel)))).Distinct());
}
