using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class PacingTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_burst_goes_at_once_and_the_rest_at_the_rate()
    {
        TokenBucket bucket = new(perSecond: 10, burst: 3, _time);
        Task[] turns = [.. Enumerable.Range(0, 6).Select(_ => bucket.WaitAsync(TestContext.Current.CancellationToken).AsTask())];
        Assert.Equal(3, turns.Count(turn => turn.IsCompleted));
        for (int left = 3; left > 0; left--)
        {
            _time.Advance(TimeSpan.FromMilliseconds(101));
            await turns[6 - left];
        }
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_gives_the_turn_back()
    {
        TokenBucket bucket = new(perSecond: 1, burst: 1, _time);
        await bucket.WaitAsync(TestContext.Current.CancellationToken);
        using CancellationTokenSource gaveUp = new();
        Task waiting = bucket.WaitAsync(gaveUp.Token).AsTask();
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Task next = bucket.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1.01));
        await next;
    }

    [Fact]
    public void A_server_that_is_back_is_asked_again_soon_whatever_it_answers()
    {
        ReflectorOptions options = new() { BackoffMsInitial = 100 };
        RetryPace pace = new(options, _time, new Random(1));
        for (int i = 0; i < 10; i++)
        {
            Assert.InRange(pace.After(Failed(KubernetesFailure.Unreachable)).TotalSeconds, 0, options.BackoffMsMax / 1_000.0);
        }

        Assert.InRange(pace.After(Failed(KubernetesFailure.Forbidden)).TotalMilliseconds, 50, 100);
        for (int i = 0; i < 12; i++)
        {
            pace.After(Failed(KubernetesFailure.Forbidden));
        }

        Assert.InRange(pace.After(Failed(KubernetesFailure.Forbidden)).TotalSeconds, 15, 30);
    }

    [Fact]
    public void After_an_expired_version_a_list_is_made_at_once_but_not_again_and_again()
    {
        RetryPace pace = new(new ReflectorOptions { BackoffMsInitial = 100 }, _time, new Random(1));
        Assert.True(pace.After(Failed(KubernetesFailure.Unreachable)) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, pace.After(Failed(KubernetesFailure.Expired)));
        Assert.True(pace.After(Failed(KubernetesFailure.Expired)) > TimeSpan.Zero);
        pace.Worked(isLasting: false);
        Assert.Equal(TimeSpan.Zero, pace.After(Failed(KubernetesFailure.Expired)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void The_server_may_ask_for_more_time_and_never_gets_less_than_a_pause(int seconds)
    {
        RetryPace pace = new(new ReflectorOptions { BackoffMsInitial = 100 }, _time, new Random(1));
        TimeSpan pause = pace.After(new KubernetesApiException(KubernetesFailure.Throttled, "slow down")
        {
            RetryAfter = TimeSpan.FromSeconds(seconds),
        });
        Assert.InRange(pause, TimeSpan.FromSeconds(seconds) + TimeSpan.FromMilliseconds(12), TimeSpan.FromSeconds(seconds + 1));
    }

    private static KubernetesApiException Failed(KubernetesFailure failure) => new(failure, "no");

    [Fact]
    public void Pauses_double_with_jitter_up_to_the_cap_and_start_again_after_quiet()
    {
        Backoff backoff = new(100, 1_000, TimeSpan.FromMinutes(2), _time, new Random(1));
        double[] ms = [.. Enumerable.Range(0, 8).Select(_ => backoff.Next().TotalMilliseconds)];
        double[] steps = [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000];
        Assert.All(ms.Zip(steps), pair => Assert.InRange(pair.First, pair.Second / 2, pair.Second));
        Assert.True(ms[^4..].Distinct().Count() > 1);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
        Assert.InRange(backoff.Next().TotalMilliseconds, 100, 200);
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
    }
}
