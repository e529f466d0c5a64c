using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>Whoever believes wrongly that it owns a backend does no harm and tells nothing old.</summary>
public abstract class FencingContract(ClusterUnderTest engine) : EngineContract
{
    [Fact]
    public async Task What_a_stale_owner_is_asked_the_store_refuses()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = await RegisterAsync(rig);
        await ConfigureAsync(rig.Caller, backend, "before");

        var stale = await rig.TakeAsync(backend);
        await ConfigureAsync(rig.Caller, backend, "after");

        // The first of them meets the grain that was active, and the others one that has to be loaded.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await RefusesAsync(ErrorCode.Moved, () => ReadAsync(stale, backend));
            await RefusesAsync(ErrorCode.Moved, () => ConfigureAsync(stale, backend, "stale"));
            await RefusesAsync(ErrorCode.Moved, () => stale.GetBackend(backend).ListNodesAsync(new NodeQuery(), Cancel));
            await RefusesAsync(ErrorCode.Moved, () => stale.GetNode(backend, "node").ExplainAsync(Cancel));
            await RefusesAsync(ErrorCode.Moved, () => stale.GetBackend(backend).DeleteAsync(Audit.System, null, Cancel));
        }

        Assert.Equal(["before", "after"], await ChangesAsync(rig, backend));
        foreach (var seen in Everywhere(rig))
        {
            Assert.Equal("after", await ReadAsync(seen, backend));
        }
    }

    [Fact]
    public async Task A_change_that_a_stale_owner_had_under_way_is_made_by_the_new_one_once()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = await RegisterAsync(rig);
        await ConfigureAsync(rig.Caller, backend, "before");
        Task<BackendRecord>[] changes;
        var held = rig.Gate.HoldNextCommit(backend);
        using (held)
        {
            changes = [.. Everywhere(rig).Select((seen, i) => ConfigureAsync(seen, backend, $"under way {i}"))];
            await Eventually.HoldsAsync(() => held.Waiting == 1, "the old owner is about to write");
            await rig.TakeAsync(backend);
        }

        var records = await Task.WhenAll(changes);

        Assert.Equal(1, held.Refused);

        Assert.Equal(
            records.OrderBy(record => record.Revision).Select(record => (record.Revision, (string?)record.Config.Description)),
            (await HistoryAsync(rig, backend)).Skip(2));
    }
}
