using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>Operations on a backend run one at a time, whoever asks for them.</summary>
public abstract class TurnContract(EngineUnderTest engine) : EngineContract
{
    private const int Callers = 48;

    [Fact]
    public async Task Changes_that_come_together_are_made_one_after_the_other()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        var everywhere = Everywhere(rig);

        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async i =>
            (Text: $"change {i}", Record: await ConfigureAsync(everywhere[i % everywhere.Count], backend, $"change {i}"))));

        Assert.All(answers, answer => Assert.Equal(answer.Text, answer.Record.Config.Description));
        var inOrder = answers.OrderBy(answer => answer.Record.Revision).Select(answer => (answer.Record.Revision, (string?)answer.Text));
        Assert.Equal(inOrder, (await HistoryAsync(rig, backend)).Skip(1));
    }

    [Fact]
    public async Task Of_changes_to_the_same_revision_one_is_made()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        var everywhere = Everywhere(rig);
        var seen = (await rig.Caller.GetBackend(backend).GetAsync(Cancel)).Record.Revision;

        var failures = await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => Record.ExceptionAsync(
            () => everywhere[i % everywhere.Count].GetBackend(backend).ConfigureAsync(Describe($"change {i}"), Audit.System, seen, Cancel))
            .AsTask()));

        Assert.Single(failures, failure => failure is null);
        Assert.All(
            failures.Where(failure => failure is not null),
            failure => Assert.Equal(ErrorCode.PreconditionFailed, Assert.IsType<OsmoException>(failure).Code));
        Assert.Single(await ChangesAsync(rig, backend));
    }

    [Fact]
    public async Task A_read_is_never_older_than_what_was_acknowledged_before_it()
    {
        const int Changes = 40;
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        await ConfigureAsync(rig.Caller, backend, "0");
        var acknowledged = 0;
        var reading = Everywhere(rig).Select(seen => Task.Run(
            async () =>
            {
                while (true)
                {
                    var least = Volatile.Read(ref acknowledged);
                    var read = int.Parse(await ReadAsync(seen, backend));
                    Assert.True(read >= least, $"{read} was read after {least} was acknowledged");
                    if (least == Changes)
                    {
                        return;
                    }
                }
            },
            Cancel)).ToArray();
        for (var change = 1; change <= Changes; change++)
        {
            await ConfigureAsync(rig.Caller, backend, $"{change}");
            Volatile.Write(ref acknowledged, change);
        }

        await Task.WhenAll(reading);
    }
}
