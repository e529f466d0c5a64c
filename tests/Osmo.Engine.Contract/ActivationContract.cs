using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>A grain is there when somebody calls it, once, and knows all that was acknowledged.</summary>
public abstract class ActivationContract(EngineUnderTest engine) : EngineContract
{
    [Fact]
    public async Task A_backend_that_nobody_registered_is_not_found_and_leaves_nothing()
    {
        var rig = await engine.SharedAsync();
        var unknown = NewName();
        foreach (var seen in Everywhere(rig))
        {
            var backend = seen.GetBackend(unknown);
            await RefusesAsync(ErrorCode.NotFound, () => backend.GetAsync(Cancel));
            await RefusesAsync(ErrorCode.NotFound, () => backend.ConfigureAsync(Describe("x"), Audit.System, null, Cancel));
            await RefusesAsync(ErrorCode.NotFound, () => backend.DeleteAsync(Audit.System, null, Cancel));
            await RefusesAsync(ErrorCode.NotFound, () => backend.ListNodesAsync(new NodeQuery(), Cancel));
            await RefusesAsync(ErrorCode.NotFound, () => seen.GetNode(unknown, "node").ExplainAsync(Cancel));
            await backend.PingAsync(Cancel);
        }

        Assert.DoesNotContain(await rig.Stored.ListAsync(Cancel), record => record.Name == unknown);
        Assert.Empty(await HistoryAsync(rig, unknown));
    }

    [Fact]
    public async Task First_calls_after_a_restart_make_one_activation_that_knows_what_was_acknowledged()
    {
        const int Callers = 32;
        await using var rig = await engine.StartAsync(new RigOptions { Silos = 1 });
        var backends = await RegisterAsync(rig, 4);
        var told = new Dictionary<BackendName, BackendRecord>();
        foreach (var backend in backends)
        {
            await ConfigureAsync(rig.Caller, backend, "first");
            told[backend] = await ConfigureAsync(rig.Caller, backend, "last");
        }

        await rig.RestartAsync();
        var everywhere = Everywhere(rig);
        foreach (var backend in backends)
        {
            var loads = rig.Gate.Loads(backend);
            Task<BackendStatus>[] calls;
            using (var held = rig.Gate.Hold(backend))
            {
                calls =
                [
                    .. Enumerable.Range(0, Callers)
                        .Select(i => everywhere[i % everywhere.Count].GetBackend(backend).GetAsync(Cancel)),
                ];
                await Eventually.HoldsAsync(() => held.Waiting > 0, "the grain is being loaded");
            }

            Assert.All(
                await Task.WhenAll(calls),
                status => Assert.Equal((told[backend].Revision, "last"), (status.Record.Revision, status.Record.Config.Description)));
            Assert.Equal(1, rig.Gate.Loads(backend) - loads);
        }
    }
}
