using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Calls;
using Osmo.Grains.Backends;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>Calls that follow a backend to where it is served, until their time is over.</summary>
public sealed class BackendCallsTests
{
    private static readonly BackendName Isaac = BackendName.Parse("isaac");

    private static readonly BackendStatus Status = new(
        new BackendRecord(
            Isaac,
            BackendConfig.Default,
            new BackendRegistration("c", "osmo", "1", NodeConditionPrefix.Default, false),
            7,
            DateTimeOffset.UnixEpoch,
            null),
        true, true, true, 0, 0, 0, 0, null);

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedBackend _backend = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;
    private int _tries;

    [Fact]
    public async Task A_call_that_meets_an_old_owner_or_none_is_made_again()
    {
        Exception[] failures =
        [
            new OsmoException(ErrorCode.Moved, "moved"),
            new SiloUnavailableException("gone"),
            new OrleansException("rejected"),
            new TimeoutException("late"),
            new OperationCanceledException("the activation took too long"),
            new IOException("broken"),
            new OsmoException(ErrorCode.Unavailable, "the store does not answer"),
        ];
        _backend.Get = _ => _tries++ < failures.Length
            ? Task.FromException<BackendStatus>(failures[_tries - 1])
            : Task.FromResult(Status);

        Assert.Equal(7, (await FinishAsync(Calls().GetAsync(Isaac, _cancellation))).Record.Revision);
        Assert.Equal(failures.Length + 1, _tries);
        Assert.Contains("isaac", _backend.Keys);
    }

    [Theory]
    [InlineData(ErrorCode.NotFound)]
    [InlineData(ErrorCode.Invalid)]
    [InlineData(ErrorCode.PreconditionFailed)]
    public async Task What_the_grain_answers_is_the_answer(ErrorCode code)
    {
        _backend.Get = _ => Fail(new OsmoException(code, "no"));

        var failure = await Assert.ThrowsAsync<OsmoException>(() => Calls().GetAsync(Isaac, _cancellation));
        Assert.Equal((code, "no", 1), (failure.Code, failure.Message, _tries));
    }

    [Fact]
    public async Task A_silo_that_hangs_takes_a_third_of_the_time_and_is_told_that_nobody_waits()
    {
        var ended = new List<CancellationToken>();
        _backend.Get = ending =>
        {
            ended.Add(ending);
            return ++_tries < 3 ? new TaskCompletionSource<BackendStatus>().Task : Task.FromResult(Status);
        };
        var began = _time.GetUtcNow();

        Assert.Same(Status, await FinishAsync(Calls().GetAsync(Isaac, _cancellation)));
        Assert.Equal([true, true, false], ended.Select(token => token.IsCancellationRequested));
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(6.6), TimeSpan.FromSeconds(7.2));
    }

    [Fact]
    public async Task A_read_that_takes_too_long_says_what_was_tried_and_the_last_failure()
    {
        _backend.Get = _ => Fail(new SiloUnavailableException("gone"));

        var failure = await Assert.ThrowsAsync<OsmoException>(() => FinishAsync(Calls().GetAsync(Isaac, _cancellation)));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.Equal(
            $"Could not read backend isaac within 10 s ({_tries} tries). "
            + "The last failure: The silo is gone, or not known to be there yet.",
            failure.Message);
    }

    [Fact]
    public async Task A_change_of_unknown_outcome_says_how_to_repeat_it()
    {
        _backend.Delete = _ => Fail(new TimeoutException("late"));
        var audit = new Audit("ada", null, TextList.Empty, new RequestId("ada/key-1", 4));

        var failure = await Assert.ThrowsAsync<OsmoException>(
            () => FinishAsync(Calls().DeleteAsync(Isaac, audit, null, _cancellation)));
        Assert.StartsWith("Could not delete backend isaac within 10 s", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "The change may have been made all the same. Repeat the request with the header Idempotency-Key: key-1, and it is made once.",
            failure.Message,
            StringComparison.Ordinal);
        Assert.All(_backend.Requests, request => Assert.Equal("ada/key-1", request!.Value.Key));
    }

    [Fact]
    public async Task A_change_that_was_never_made_does_not_say_that_it_may_have_been()
    {
        _backend.Delete = _ => Fail(new OsmoException(ErrorCode.Moved, "another activation has the backend"));

        var failure = await Assert.ThrowsAsync<OsmoException>(
            () => FinishAsync(Calls().DeleteAsync(Isaac, Audit.System, null, _cancellation)));
        Assert.DoesNotContain("may have been made", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_without_a_request_id_gets_one_and_keeps_it()
    {
        _backend.Delete = _ => ++_tries < 4 ? Task.FromException(new IOException("broken")) : Task.CompletedTask;

        await FinishAsync(Calls().DeleteAsync(Isaac, Audit.System, null, _cancellation));
        Assert.Equal(4, _backend.Requests.Count);
        Assert.NotNull(Assert.Single(_backend.Requests.Distinct()));
    }

    [Fact]
    public async Task Who_gives_up_ends_the_call_at_the_grain_and_is_told_nothing_else()
    {
        using var giveUp = new CancellationTokenSource();
        var told = new TaskCompletionSource();
        _backend.Get = async ending =>
        {
            _tries++;
            await using var link = ending.Register(() => told.SetResult());
            await told.Task;
            throw new TimeoutException("late");
        };
        var call = Calls().GetAsync(Isaac, giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await told.Task;
        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task More_calls_than_a_backend_may_have_wait_and_do_not_reach_it()
    {
        var release = new TaskCompletionSource<BackendStatus>();
        _backend.Get = _ =>
        {
            Interlocked.Increment(ref _tries);
            return release.Task;
        };
        var calls = Calls(new BackendCallOptions { CallsPerBackendMax = 1 });
        var first = calls.GetAsync(Isaac, _cancellation);
        var second = calls.GetAsync(Isaac, _cancellation);
        Assert.Equal(1, _tries);

        release.SetResult(Status);
        Assert.Same(Status, await first);
        Assert.Same(Status, await FinishAsync(second));
    }

    private BackendCalls Calls(BackendCallOptions? options = null) => new(
        FakeGrains.Of(_backend).Factory, options ?? new BackendCallOptions(), _time, NullLogger<BackendCalls>.Instance);

    private Task<BackendStatus> Fail(Exception failure)
    {
        _tries++;
        return Task.FromException<BackendStatus>(failure);
    }

    /// <summary>Moves the clock from timer to timer until the call is over.</summary>
    private async Task<TAnswer> FinishAsync<TAnswer>(Task<TAnswer> call)
    {
        await FinishAsync((Task)call);
        return await call;
    }

    private async Task FinishAsync(Task call)
    {
        while (!call.IsCompleted)
        {
            await Eventually.HoldsAsync(() => call.IsCompleted || _time.NextDueIn is not null, "the call waits for something");
            _time.Advance(_time.NextDueIn ?? TimeSpan.Zero);
            // tidy: what the timer woke runs before the next one is looked for; nothing says when it has
            await Task.Delay(TimeSpan.FromMilliseconds(1), _cancellation);
        }

        await call;
    }
}
