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
