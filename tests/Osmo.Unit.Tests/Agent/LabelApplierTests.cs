using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Xunit;
using Outcome = Osmo.Protocol.Agent.V1.LabelResult.Types.Outcome;

namespace Osmo.Unit.Tests.Agent;

public sealed class LabelApplierTests : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualTimeProvider _time = new();
    private readonly FakeLabelPort _port = new();
    private readonly StoreHarness _harness = new();
    private readonly AgentMetrics _metrics = new("east");
    private readonly LabelReports _reports;
    private readonly LabelApplier _applier;
    private readonly List<LabelResult> _results = [];
    private readonly Task _running;

    public LabelApplierTests()
    {
        _harness.Store.Replace([.. Enumerable.Range(0, 100).Select(i => Nodes.Of($"n{i}", 1))]);
        _harness.Store.Synced();
        _harness.Connect();
        _harness.SendAll();
        _reports = new LabelReports(_harness.Store, _harness.Changed);
        TokenBucket pace = new(perSecond: 10, burst: 50, _time);
        _applier = new LabelApplier(_port, Nodes.Label, _harness.Store, _reports, pace, _metrics, _time, NullLogger.Instance);
        _applier.SetPolicy(isEnabled: true);
        _running = _applier.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _applier.Dispose();
        _metrics.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_result_waits_until_the_node_was_sent()
    {
        Want("n0", true);
        (await PatchAsync(1)).Succeed(2);
        await Eventually.HoldsAsync(() => _applier.Waiting == 0, "the label is settled");
        Assert.Null(_reports.TryTake());
        Assert.Equal("True", _harness.Send()!.Upserts.Single().VerifiedLabel);
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
    }

    [Fact]
    public async Task A_newer_value_overtakes_a_patch_in_flight()
    {
        Want("n0", true);
        FakeLabelPort.Patch first = await PatchAsync(1);
        Want("n0", false);
        Want("n0", true);
        Want("n0", false);
        Assert.Single(_port.Patches);
        first.Succeed(2);
        FakeLabelPort.Patch second = await PatchAsync(2);
        Assert.Equal("False", second.Value);
        second.Succeed(3);
        Assert.False((await ResultAsync()).Available);
        Assert.Equal(2, _port.Patches.Count);
    }

    [Fact]
    public async Task So_many_patches_are_in_flight_and_no_more()
    {
        for (int i = 0; i < 40; i++)
        {
            Want($"n{i}", true);
        }

        for (int done = 0; done < 40; done++)
        {
            int expected = Math.Min(LabelApplier.PatchesInFlightMax, 40 - done);
            await Eventually.HoldsAsync(() => _port.InFlight == expected, "the next patch starts", () => _port.InFlight);
            Assert.True(_port.InFlight <= LabelApplier.PatchesInFlightMax);
            _port.Patches.First(patch => !patch.IsAnswered).Succeed(2);
        }
    }

    [Fact]
    public async Task A_node_that_became_unavailable_does_not_wait_behind_good_news()
    {
        for (int i = 0; i < 40; i++)
        {
            Want($"n{i}", true);
        }

        await PatchAsync(LabelApplier.PatchesInFlightMax);
        Want("n99", false);
        Want("n39", false);
        _port.Patches[0].Succeed(2);
        _port.Patches[1].Succeed(2);
        await PatchAsync(LabelApplier.PatchesInFlightMax + 2);
        Assert.Equal(["n39=False", "n99=False"], _port.Patches.TakeLast(2).Select(patch => $"{patch.Node}={patch.Value}").Order());
    }

    [Fact]
    public async Task Patches_are_paced()
    {
        for (int i = 0; i < 60; i++)
        {
            Want($"n{i}", true);
        }

        int answered = 0;
        while (answered < 50)
        {
            (await PatchAsync(answered + 1)).Succeed(2);
            answered++;
        }

        await Eventually.HoldsAsync(() => _time.Waiting > 0, "the burst is used up");
        Assert.Equal(50, _port.Patches.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        await PatchAsync(51);
    }

    [Fact]
    public async Task A_failure_is_reported_once_for_each_text_and_tried_again()
    {
        Want("n0", true);
        (await PatchAsync(1)).Fail(PatchOutcome.Unavailable, new string('x', 1000));
        LabelResult first = await ResultAsync();
        Assert.Equal((Outcome.Retrying, LabelApplier.MessageCharsMax), (first.Outcome, first.Message.Length));

        (await NextTryAsync(2)).Fail(PatchOutcome.Unavailable, new string('x', 1000));
        (await NextTryAsync(3)).Fail(PatchOutcome.Forbidden, "no rights");
        Assert.Equal("no rights", (await ResultAsync()).Message);
        (await NextTryAsync(4)).Succeed(2);
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
        Assert.Equal([Outcome.Retrying, Outcome.Retrying, Outcome.Applied], _results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task The_servers_pause_is_kept()
    {
        Want("n0", true);
        (await PatchAsync(1)).Fail(PatchOutcome.Throttled, retryAfter: TimeSpan.FromSeconds(60));
        await ResultAsync();
        Want("n1", true);
        await Eventually.HoldsAsync(() => _time.Waiting >= 2, "both wait");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Single(_port.Patches);
        _time.Advance(TimeSpan.FromSeconds(31));
        await PatchAsync(2);
    }

    [Theory]
    [InlineData(PatchOutcome.NotFound)]
    [InlineData(PatchOutcome.Invalid)]
    [InlineData(PatchOutcome.Forbidden)]
    [InlineData(PatchOutcome.Conflict)]
    public async Task A_refusal_is_tried_again_for_as_long_as_the_node_is_there(PatchOutcome outcome)
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        patch.Fail(outcome);
        Assert.Equal((Outcome.Retrying, "it failed"), ((await ResultAsync()).Outcome, _results[0].Message));
        for (int number = 2; number < 14; number++)
        {
            patch = await NextTryAsync(number, TimeSpan.FromMinutes(5));
            patch.Fail(outcome);
        }

        patch = await NextTryAsync(14, TimeSpan.FromMinutes(5));
        patch.Succeed(2);
        await Eventually.HoldsAsync(() => _applier.Waiting == 0, "the label is settled");
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
    }

    [Fact]
    public async Task A_refusal_is_given_up_when_the_node_went_meanwhile()
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        _harness.Store.Delete("n0", "uid-of-n0");
        patch.Fail(PatchOutcome.NotFound);
        Assert.Equal((Outcome.GaveUp, "it failed"), ((await ResultAsync()).Outcome, _results[0].Message));
        Assert.Equal(0, _applier.Waiting);
    }

    [Theory]
    [InlineData(PatchOutcome.NotFound)]
    [InlineData(PatchOutcome.Conflict)]
    public async Task A_refusal_is_given_up_once_the_watch_tells_of_another_node(PatchOutcome outcome)
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        patch.Fail(outcome);
        Assert.Equal(Outcome.Retrying, (await ResultAsync()).Outcome);
        _harness.Store.Delete("n0", "uid-of-n0");
        _harness.Store.Upsert(Nodes.Of("n0", 9, uid: "second"));
        _harness.SendAll();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Outcome.GaveUp, (await ResultAsync()).Outcome);
        Assert.Single(_port.Patches);
    }

    [Fact]
    public async Task Dropped_wishes_are_forgotten_even_in_flight()
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        _applier.SetPolicy(isEnabled: false);
        _applier.SetPolicy(isEnabled: true);
        Want("n1", true);
        patch.Succeed(2);
        (await PatchAsync(2)).Succeed(2);
        Assert.Equal("n1", (await ResultAsync()).Node);
        await Eventually.HoldsAsync(() => _applier.Waiting == 0, "nothing is left");
        Assert.Equal("True", _harness.Store.Find("n0")!.FindLabel(Nodes.Label));
        Assert.Single(_results);
    }

    [Fact]
    public async Task A_patch_that_throws_is_a_failed_try_and_costs_no_worker()
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        patch.Throw(new TaskCanceledException("a defect"));
        Assert.Equal((Outcome.Retrying, "The patch broke off: a defect"), ((await ResultAsync()).Outcome, _results[0].Message));
        for (int number = 2; number < LabelApplier.PatchesInFlightMax + 2; number++)
        {
            patch = await NextTryAsync(number);
            patch.Throw(number % 2 == 0 ? new NotSupportedException("a defect") : new TaskCanceledException("a defect"));
        }

        patch = await NextTryAsync(LabelApplier.PatchesInFlightMax + 2);
        patch.Succeed(2);
        await Eventually.HoldsAsync(() => _applier.Waiting == 0, "the label is settled");
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task A_worker_that_ends_by_a_defect_ends_the_others()
    {
        FakeLabelPort port = new();
        TokenBucket pace = new(perSecond: 10, burst: 50, _time);

        // Stands for any defect that a worker comes upon.
        AgentMetrics none = null!;
        using LabelApplier applier = new(port, Nodes.Label, _harness.Store, _reports, pace, none, _time, NullLogger.Instance);
        applier.SetPolicy(isEnabled: true);
        Task running = applier.RunAsync(_stop.Token);
        applier.Want(new LabelUpdates { Updates = { new LabelUpdate { Node = "n0", Uid = "uid-of-n0", Available = true } } });
        await Eventually.HoldsAsync(() => port.Patches.Count == 1, "the patch is sent");
        port.Patches[0].Fail(PatchOutcome.Unavailable);
        await Eventually.HoldsAsync(() => running.IsCompleted, "all workers have ended");
        await Assert.ThrowsAsync<NullReferenceException>(() => running);
    }

    [Fact]
    public async Task A_label_that_something_else_changes_is_no_success()
    {
        Want("n0", true);
        FakeLabelPort.Patch patch = await PatchAsync(1);
        patch.Fail(PatchOutcome.Applied);
        Assert.Equal(Outcome.Retrying, (await ResultAsync()).Outcome);
    }

    [Fact]
    public async Task A_label_that_something_undoes_again_and_again_is_patched_at_growing_pauses()
    {
        _port.Writer = "fighter";
        Want("n0", true);
        for (int times = 1; times <= 14; times++)
        {
            await SettlesAndIsUndoneAsync(times);
            if (times == 1)
            {
                // The first time it may have been somebody's hand: put right with no pause.
                continue;
            }

            LabelResult result = await ResultAsync();
            Assert.Equal(Outcome.Retrying, result.Outcome);
            Assert.Contains($"osmo.nvidia.com/verified back after each patch: {times} times in ", result.Message, StringComparison.Ordinal);
            Assert.Contains(" by fighter (says managedFields). ", result.Message, StringComparison.Ordinal);
            Assert.InRange(result.Message.Length, 1, LabelApplier.MessageCharsMax);
            double most = Math.Min(Math.Pow(2, times - 2), 300);
            await Eventually.HoldsAsync(() => _time.NextDueIn is not null, "it waits");
            Assert.InRange(_time.NextDueIn!.Value.TotalSeconds, most / 2, most);
            Assert.Equal(times, _port.Patches.Count);
            _time.Advance(_time.NextDueIn!.Value);
        }

        Assert.Equal(1, _port.WriterAsked);
    }

    [Fact]
    public async Task A_label_that_has_stayed_for_a_while_is_put_right_at_once_again()
    {
        Want("n0", true);
        await SettlesAndIsUndoneAsync(1);
        await SettlesAndIsUndoneAsync(2);
        Assert.Equal(Outcome.Retrying, (await ResultAsync()).Outcome);
        (await NextTryAsync(3)).Succeed(130);
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);

        _time.Advance(UndoneLabels.CalmTime);
        Undo("n0", 131);
        await PatchAsync(4);
    }

    [Fact]
    public async Task A_verdict_that_flips_does_not_wait_for_the_pause_of_the_value_before()
    {
        Want("n0", true);
        await SettlesAndIsUndoneAsync(1);
        await SettlesAndIsUndoneAsync(2);
        Assert.Equal(Outcome.Retrying, (await ResultAsync()).Outcome);
        _harness.Store.Upsert(Nodes.Of("n0", 130, verified: "odd"));
        Want("n0", false);
        FakeLabelPort.Patch patch = await PatchAsync(3);
        Assert.Equal("False", patch.Value);
        patch.Succeed(131);
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
        Want("n0", true);
        Assert.Equal("True", (await PatchAsync(4)).Value);
    }

    [Fact]
    public async Task A_patch_whose_answer_was_lost_counts_as_nobodys_undoing()
    {
        Want("n0", true);
        (await PatchAsync(1)).Succeed(110);
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
        for (int patches = 2; patches < 10; patches += 2)
        {
            // It goes through, and only the watch says so.
            Want("n0", false);
            (await PatchAsync(patches)).Fail(PatchOutcome.Unavailable);
            Assert.Equal(Outcome.Retrying, (await ResultAsync()).Outcome);
            _harness.Store.Upsert(Nodes.Of("n0", 110 + (2 * patches), verified: "False"));
            Want("n0", true);
            (await PatchAsync(patches + 1)).Succeed(112 + (2 * patches));
            Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
        }
    }

    [Fact]
    public async Task A_fight_is_not_forgotten_when_the_connection_is_lost()
    {
        Want("n0", true);
        await SettlesAndIsUndoneAsync(1);
        await SettlesAndIsUndoneAsync(2);
        await ResultAsync();
        _applier.SetPolicy(isEnabled: false);
        _applier.SetPolicy(isEnabled: true);
        Want("n0", true);
        Assert.Contains(": 2 times in ", (await ResultAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(2, _port.Patches.Count);
        Assert.Equal("n0", (await NextTryAsync(3)).Node);
    }

    [Fact]
    public void Labels_that_were_patched_long_ago_are_forgotten()
    {
        UndoneLabels undone = new(_time);
        for (int i = 0; i < 100_000; i++)
        {
            undone.Patched(new LabelAttempt($"n{i}", "u", Available: true, Version: 1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(undone.Count, 1, 3_000);
    }

    /// <summary>Lets the patch of this number through, then takes its label away and has it wanted again.</summary>
    private async Task SettlesAndIsUndoneAsync(int number)
    {
        (await PatchAsync(number)).Succeed(100 + (10 * number));
        Assert.Equal(Outcome.Applied, (await ResultAsync()).Outcome);
        Undo("n0", 101 + (10 * number));
    }

    private void Undo(string node, int version)
    {
        _harness.Store.Upsert(Nodes.Of(node, version, verified: "odd"));
        Want(node, true);
    }

    private void Want(string node, bool available) =>
        _applier.Want(new LabelUpdates { Updates = { new LabelUpdate { Node = node, Uid = $"uid-of-{node}", Available = available } } });

    private async Task<FakeLabelPort.Patch> PatchAsync(int number)
    {
        await Eventually.HoldsAsync(() => _port.Patches.Count >= number, $"patch {number} is sent", () => _port.Patches.Count);
        return _port.Patches[number - 1];
    }

    private async Task<FakeLabelPort.Patch> NextTryAsync(int number, TimeSpan? step = null)
    {
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(step ?? TimeSpan.FromMilliseconds(50));
                return _port.Patches.Count >= number;
            },
            $"try {number}");
        return _port.Patches[number - 1];
    }

    /// <summary>The next result that may be sent, after what waits in the store was sent.</summary>
    private async Task<LabelResult> ResultAsync()
    {
        LabelResults? taken = null;
        await Eventually.HoldsAsync(
            () =>
            {
                _harness.SendAll();
                taken = _reports.TryTake();
                return taken is not null;
            },
            "a result");
        _results.AddRange(taken!.Results);
        return taken.Results[0];
    }
}
