using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>When watches are begun again, by a clock that only the test moves.</summary>
public sealed class WatchPacingTests
{
    private static readonly JsonObject A = NodeJson.Small("a", 11);

    private readonly ManualTimeProvider _time = new();

    // Nothing else a reflector waits for is due as soon as this.
    private bool IsPausing => _time.NextDueIn <= TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watches_that_end_at_once_are_followed_by_a_pause_even_when_they_bring_something(bool bringsSomething)
    {
        await using ReflectorFixture fixture = Paced();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchEnded(bringsSomething ? NodeJson.Bookmark(21) : "");
        fixture.Start();
        for (int watches = 1; watches < 4; watches++)
        {
            await fixture.HoldsAsync(() => fixture.State.Watches == watches && IsPausing, "it pauses after the watch");
            Assert.Equal(watches, fixture.Server.Watches.Count);
            _time.Advance(_time.NextDueIn!.Value);
        }

        Assert.Equal(bringsSomething, fixture.State.ConsecutiveFailures == 0);
    }

    [Fact]
    public async Task A_watch_that_outlives_its_timeout_is_begun_again_as_if_it_had_ended()
    {
        await using ReflectorFixture fixture = Paced();
        fixture.Options = fixture.Options with { WatchIdleMax = TimeSpan.FromHours(1) };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchHeldOpen(NodeJson.Bookmark(21));
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.Bookmarks == 1, "the watch works");
        _time.Advance(TimeSpan.FromMinutes(11));
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it is begun again");
        Assert.Equal("21", fixture.Server.Watches[1].Query("resourceVersion"));
        Assert.Null(fixture.State.LastError);
        Assert.Single(fixture.Server.Lists);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_watch_without_any_sign_of_life_puts_its_version_in_doubt(bool livesABit)
    {
        await using ReflectorFixture fixture = Paced();
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatchHeldOpen(livesABit ? NodeJson.Bookmark(21) : "");
        fixture.Start();
        await fixture.HoldsAsync(
            () => fixture.State.Bookmarks == (livesABit ? 1 : 0) && _time.NextDueIn == fixture.Options.WatchIdleMax,
            "the watch waits under its idle limit");
        _time.Advance(fixture.Options.WatchIdleMax);
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures == 1 && IsPausing, "the silence is noticed");
        _time.Advance(_time.NextDueIn!.Value);
        await fixture.HoldsAsync(() => fixture.Server.Watches.Count == 2, "it watches again");
        Assert.Equal(livesABit ? 1 : 2, fixture.Server.Lists.Count);
    }

    [Fact]
    public async Task A_server_that_is_away_is_asked_once_after_each_pause_and_at_most_ten_seconds_pass_until_it_is_followed_again()
    {
        await using ReflectorFixture fixture = Paced();
        fixture.Options = fixture.Options with { BackoffMsMax = new ReflectorOptions().BackoffMsMax, WatchFailuresMax = 20 };
        fixture.Server.OnList(NodeJson.List(20, A)).OnWatch(exchange => exchange.AnswerAsync(503, "", "text/plain"));
        fixture.Server.OnVersion(exchange => exchange.AnswerAsync(503, "", "text/plain")).OnWatchHeldOpen();
        fixture.Start();
        for (int asked = 2; asked < 12; asked++)
        {
            await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures == asked - 1 && IsPausing, "it pauses");
            Assert.Equal(asked, fixture.Server.Requests.Count);
            Assert.True(_time.NextDueIn < TimeSpan.FromSeconds(10));
            _time.Advance(_time.NextDueIn!.Value);
        }
    }

    private ReflectorFixture Paced()
    {
        ReflectorFixture fixture = new() { Time = _time };
        fixture.Options = fixture.Options with { WatchTooShort = TimeSpan.FromSeconds(1), BackoffMsInitial = 800, BackoffMsMax = 30_000 };
        return fixture;
    }
}
