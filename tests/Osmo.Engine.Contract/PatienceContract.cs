using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Testing;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>Whoever calls waits no longer than it wants to, whatever the store does.</summary>
public abstract class PatienceContract(EngineUnderTest engine) : EngineContract
{
    [Fact]
    public async Task A_cancelled_call_returns_while_the_store_hangs_and_the_engine_goes_on()
    {
        var rig = await engine.SharedAsync();
        var (slow, other) = (await RegisterAsync(rig), await RegisterAsync(rig));
        using (var held = rig.Gate.Hold(slow))
        {
            using var giveUp = new CancellationTokenSource();
            var calls = Everywhere(rig).Select(seen => seen.GetBackend(slow)
                .ConfigureAsync(Describe("given up"), Audit.System, null, giveUp.Token)).ToArray();
            await Eventually.HoldsAsync(() => held.Waiting > 0, "a change is at the store");
            Assert.DoesNotContain(calls, call => call.IsCompleted);

            await giveUp.CancelAsync();
            foreach (var call in calls)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            }

            await ConfigureAsync(rig.Caller, other, "meanwhile");
            Assert.Equal("meanwhile", await ReadAsync(rig.Caller, other));
        }

        await ConfigureAsync(rig.Caller, slow, "afterwards");
        Assert.Equal("afterwards", await ReadAsync(rig.Caller, slow));
    }
}

/// <summary>Of engines of many processes: calls have a deadline of their own.</summary>
public abstract class ClusterPatienceContract(ClusterUnderTest engine) : PatienceContract(engine)
{
    [Fact]
    public async Task A_call_gives_up_at_its_deadline_and_says_how_to_learn_what_became_of_it()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { CallTime = TimeSpan.FromSeconds(1.5) });
        var (slow, other) = (await RegisterAsync(rig), await RegisterAsync(rig));
        var everywhere = Everywhere(rig);
        RequestId[] requests = [.. everywhere.Select((_, i) => new RequestId($"request {i}", i))];
        for (var i = 0; i < everywhere.Count; i++)
        {
            await SucceedsAsync(() => ConfigureAsync(everywhere[i], slow, "known", new RequestId("known", 0)));
        }

        using (rig.Gate.Hold(slow))
        {
            var refusals = await Task.WhenAll(everywhere.Select((seen, i) =>
                RefusesAsync(ErrorCode.Unavailable, () => ConfigureAsync(seen, slow, $"text {i}", requests[i]))));

            // One that did not get as far as to be asked for needs no such advice.
            Assert.All(refusals, refusal => Assert.Contains(slow.Value, refusal.Message, StringComparison.Ordinal));
            Assert.Contains(refusals, refusal => refusal.Message.Contains("request id", StringComparison.Ordinal));
            await SucceedsAsync(() => ConfigureAsync(rig.Caller, other, "meanwhile", new RequestId("meanwhile", 0)));
        }

        var records = await Task.WhenAll(everywhere.Select(
            (seen, i) => SucceedsAsync(() => ConfigureAsync(seen, slow, $"text {i}", requests[i]))));

        Assert.Equal(everywhere.Select((_, i) => $"text {i}"), records.Select(record => record.Config.Description));
        Assert.Equal(
            records.OrderBy(record => record.Revision).Select(record => (record.Revision, (string?)record.Config.Description)),
            (await HistoryAsync(rig, slow)).Skip(2));
    }

    /// <summary>Calls again for as long as a call is given up: the deadline is a short one here, and the machine may be busy.</summary>
    private static async Task<BackendRecord> SucceedsAsync(Func<Task<BackendRecord>> call)
    {
        BackendRecord? answer = null;
        await Eventually.AgreesAsync(
            async () =>
            {
                try
                {
                    answer = await call();
                    return null;
                }
                catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable)
                {
                    return failure.Message;
                }
            },
            "a call succeeds");
        return answer!;
    }
}
