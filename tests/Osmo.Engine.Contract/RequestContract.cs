using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>A request that is made again is done once, and answered as it was.</summary>
public abstract class RequestContract(EngineUnderTest engine) : EngineContract
{
    [Fact]
    public async Task A_repeated_change_is_made_once_and_answered_the_same()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        var request = new RequestId("change", 1);
        var first = await ConfigureAsync(rig.Caller, backend, "asked", request);
        foreach (var seen in Everywhere(rig))
        {
            AssertSame(first, await ConfigureAsync(seen, backend, "asked", request));
        }

        await ConfigureAsync(rig.Caller, backend, "later");
        foreach (var seen in Everywhere(rig))
        {
            AssertSame(first, await ConfigureAsync(seen, backend, "asked", request));
        }

        Assert.Equal(["asked", "later"], await ChangesAsync(rig, backend));
        Assert.Equal("later", await ReadAsync(rig.Caller, backend));
    }

    [Fact]
    public async Task A_change_that_is_asked_for_many_times_at_once_is_made_once()
    {
        const int Times = 24;
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        var everywhere = Everywhere(rig);
        var request = new RequestId("change", 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, Times)
            .Select(i => ConfigureAsync(everywhere[i % everywhere.Count], backend, "asked", request)));

        Assert.All(answers, answer => AssertSame(answers[0], answer));
        Assert.Equal(["asked"], await ChangesAsync(rig, backend));
    }

    [Fact]
    public async Task Another_change_under_the_same_request_id_is_refused()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        await ConfigureAsync(rig.Caller, backend, "asked", new RequestId("change", 1));
        foreach (var seen in Everywhere(rig))
        {
            var refusal = await RefusesAsync(
                ErrorCode.Invalid, () => ConfigureAsync(seen, backend, "another", new RequestId("change", 2)));
            Assert.Contains("\"change\"", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["asked"], await ChangesAsync(rig, backend));
    }

    [Fact]
    public async Task A_repeated_deletion_is_made_once_and_answered_the_same()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        var audit = Audit.System with { Request = new RequestId("deletion", 1) };
        await rig.Caller.GetBackend(backend).DeleteAsync(audit, null, Cancel);
        foreach (var seen in Everywhere(rig))
        {
            await seen.GetBackend(backend).DeleteAsync(audit, null, Cancel);
        }

        await RefusesAsync(ErrorCode.NotFound, () => rig.Caller.GetBackend(backend).DeleteAsync(Audit.System, null, Cancel));
        Assert.Single(await ChangesAsync(rig, backend));
    }

    /// <summary>Whether two answers tell of the same revision, with the same content.</summary>
    private protected static void AssertSame(BackendRecord expected, BackendRecord actual) =>
        Assert.Equal((expected.Revision, expected.Config), (actual.Revision, actual.Config));
}

/// <summary>Of engines of many processes: whoever serves the backend by then knows the request.</summary>
public abstract class ClusterRequestContract(ClusterUnderTest engine) : RequestContract(engine)
{
    [Fact]
    public async Task A_change_that_is_repeated_after_a_move_is_made_once_and_answered_the_same()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = await RegisterAsync(rig);
        var request = new RequestId("change", 1);
        var first = await ConfigureAsync(rig.Caller, backend, "asked", request);
        await ConfigureAsync(rig.Caller, backend, "later");

        await rig.MoveAsync(backend);
        foreach (var seen in Everywhere(rig))
        {
            AssertSame(first, await ConfigureAsync(seen, backend, "asked", request));
            await RefusesAsync(ErrorCode.Invalid, () => ConfigureAsync(seen, backend, "another", request with { Digest = 2 }));
        }

        Assert.Equal(["asked", "later"], await ChangesAsync(rig, backend));
    }

    [Fact]
    public async Task A_deletion_that_is_repeated_after_a_move_is_made_once_and_answered_the_same()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = await RegisterAsync(rig);
        var audit = Audit.System with { Request = new RequestId("deletion", 1) };
        await rig.Caller.GetBackend(backend).DeleteAsync(audit, null, Cancel);

        await rig.MoveAsync(backend);
        foreach (var seen in Everywhere(rig))
        {
            await seen.GetBackend(backend).DeleteAsync(audit, null, Cancel);
        }

        Assert.Single(await ChangesAsync(rig, backend));
    }
}
