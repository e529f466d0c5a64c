using Osmo.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Storage;

/// <summary>Questions of many that become few.</summary>
public sealed class CoalescerTests
{
    private readonly List<(int[] Items, TaskCompletionSource<int> Answer)> _asked = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_while_a_question_is_under_way_shares_the_next_one()
    {
        var questions = New(runningMax: 1);
        var first = questions.AskAsync(1, Cancel);
        Task<int>[] later = [questions.AskAsync(2, Cancel), questions.AskAsync(3, Cancel), questions.AskAsync(2, Cancel)];
        Assert.Equal(1, Assert.Single(Assert.Single(_asked).Items));

        _asked[0].Answer.SetResult(10);
        Assert.Equal(10, await first);
        Assert.Equal("2, 3", string.Join(", ", _asked[1].Items));
        Assert.DoesNotContain(later, task => task.IsCompleted);
        _asked[1].Answer.SetResult(20);
        Assert.All(await Task.WhenAll(later), answer => Assert.Equal(20, answer));
    }

    [Fact]
    public async Task As_many_are_under_way_as_may_be()
    {
        var questions = New(runningMax: 2);
        Task<int>[] all = [questions.AskAsync(1, Cancel), questions.AskAsync(2, Cancel), questions.AskAsync(3, Cancel)];
        Assert.Equal(2, _asked.Count);

        _asked[1].Answer.SetResult(2);
        Assert.Equal(2, await all[1]);
        Assert.Equal(3, Assert.Single(_asked[2].Items));
        _asked[2].Answer.SetResult(3);
        Assert.Equal(3, await all[2]);
        Assert.False(all[0].IsCompleted);
        _asked[0].Answer.SetResult(1);
        Assert.Equal(1, await all[0]);
    }

    [Fact]
    public async Task A_question_that_fails_fails_for_those_who_asked_it_and_the_next_one_is_asked()
    {
        var questions = New(runningMax: 1);
        var first = questions.AskAsync(1, Cancel);
        var next = questions.AskAsync(2, Cancel);
        _asked[0].Answer.SetException(new TimeoutException());

        await Assert.ThrowsAsync<TimeoutException>(() => first);
        _asked[1].Answer.SetResult(2);
        Assert.Equal(2, await next);
    }

    /// <summary>Answers at once when the test does, on the test's own thread.</summary>
    private Coalescer<int, int> New(int runningMax) => new(runningMax, items =>
    {
        var answer = new TaskCompletionSource<int>();
        _asked.Add(([.. items.Order()], answer));
        return answer.Task;
    });
}
