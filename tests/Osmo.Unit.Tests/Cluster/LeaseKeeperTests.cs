using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>The transitions of a lease, one at a time, by a clock that the test moves.</summary>
public sealed class LeaseKeeperTests : IAsyncLifetime
{
    private static readonly LeaseOptions Options = new() { ReadSpacing = TimeSpan.Zero };
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly ModelOwnershipTable _table = new();
    private readonly List<SimulatedSilo> _silos = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }
    }

    [Fact]
    public async Task It_joins_serves_fences_itself_and_goes_on_under_the_same_epochs()
    {
        var silo = Start("silo-a");
        Assert.Equal(LeaseState.Joining, silo.Keeper.State);
        Assert.Null(silo.Claim(5));
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(LeaseState.Serving, silo.Keeper.State);
        var claim = silo.Claim(5);
        Assert.NotNull(claim);

        _table.IsDown = true;
        await PassAsync(TimeSpan.FromSeconds(1.4));
        Assert.Equal(claim, silo.Claim(5));
        await PassAsync(TimeSpan.FromSeconds(1.2));
        Assert.Equal(LeaseState.Fenced, silo.Keeper.State);
        Assert.Null(silo.Claim(5));

        _table.IsDown = false;
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(LeaseState.Serving, silo.Keeper.State);
        Assert.Equal(claim, silo.Claim(5));
    }

    [Fact]
    public async Task An_expired_lease_is_taken_over_only_after_a_lease_s_time_without_a_gap()
    {
        var (first, second) = (Start("silo-a"), Start("silo-b"));
        await PassAsync(TimeSpan.FromSeconds(5));
        _table.IsDown = true;
        await PassAsync(TimeSpan.FromSeconds(5));
        _silos.Remove(second);
        _table.IsDown = false;

        await PassAsync(TimeSpan.FromSeconds(2.5));
        Assert.Equal(128, Owned(second));
        await PassAsync(TimeSpan.FromSeconds(1.5));
        Assert.Equal(256, Owned(first));
        await second.DisposeAsync();
    }

    [Fact]
    public async Task A_jump_of_the_database_s_clock_moves_nothing()
    {
        var (first, second) = (Start("silo-a"), Start("silo-b"));
        await PassAsync(TimeSpan.FromSeconds(5));
        var before = _table.Shards.ToArray();

        _table.Now += TimeSpan.FromHours(1);
        await PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(before, _table.Shards);
        Assert.Equal(128, Owned(first));
        Assert.Equal(128, Owned(second));
    }

    [Fact]
    public async Task A_silo_whose_row_is_gone_ends_everything_and_joins_anew()
    {
        var silo = Start("silo-a");
        await PassAsync(TimeSpan.FromSeconds(1));
        var (incarnation, epoch) = (silo.Keeper.Incarnation, silo.Claim(5)!.Value.Epoch);
        var ended = new HashSet<int>();
        silo.Ended = ended.UnionWith;

        _table.Delete(incarnation!.Value);
        await PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(BackendShard.Count, ended.Count);
        Assert.True(silo.Keeper.Incarnation > incarnation);
        Assert.Equal(new ShardEpoch(5, epoch + 1), silo.Claim(5));
    }

    [Fact]
    public async Task A_refusal_of_the_store_ends_the_grains_of_the_shard_and_asks_the_table()
    {
        var silo = Start("silo-a");
        await PassAsync(TimeSpan.FromSeconds(1));
        var claim = silo.Claim(5)!.Value;
        _table.IsDown = true;

        silo.Ownership.Lost(claim);
        Assert.Null(silo.Claim(5));
        Assert.NotNull(silo.Claim(6));

        // It was wrong: the table says that the right still holds.
        _table.IsDown = false;
        await silo.Admission.AdmitAsync(5, Cancel);
        Assert.Equal(claim, silo.Claim(5));
    }

    [Fact]
    public async Task A_hand_over_that_fails_leaves_the_shards_where_they_were()
    {
        var first = Start("silo-a");
        await PassAsync(TimeSpan.FromSeconds(1));
        first.EndBlocked = new TaskCompletionSource();
        var second = Start("silo-b");
        second.PausedFor = TimeSpan.FromHours(1);
        await second.StepAsync();

        var moving = first.Keeper.BalanceStepAsync(Cancel);
        await first.Watch.RefreshAsync(Cancel);
        moving = moving.IsCompleted ? first.Keeper.BalanceStepAsync(Cancel) : moving;
        Assert.Equal(Options.HandOverShards, Enumerable.Range(0, BackendShard.Count).Count(shard => first.Claim(shard) is null));

        // Readings in the middle of it do not give the shards back.
        await first.Watch.RefreshAsync(Cancel);
        Assert.Equal(Options.HandOverShards, Enumerable.Range(0, BackendShard.Count).Count(shard => first.Claim(shard) is null));
        _table.IsDown = true;
        first.EndBlocked.SetResult();
        await Assert.ThrowsAsync<OsmoException>(() => moving);

        _table.IsDown = false;
        await first.Watch.RefreshAsync(Cancel);
        Assert.All(Enumerable.Range(0, BackendShard.Count), shard => Assert.NotNull(first.Claim(shard)));
    }

    [Fact]
    public async Task Routes_take_a_refusal_s_word_until_a_later_reading()
    {
        var (first, second) = (Start("silo-a"), Start("silo-b"));
        await PassAsync(TimeSpan.FromSeconds(3));
        var shard = Enumerable.Range(0, BackendShard.Count).First(shard => first.Claim(shard) is not null);
        var route = second.Routes.Get(shard);
        Assert.Equal("silo-a", route.Owner?.Id);

        second.Routes.Learn(shard, route.Epoch, second.Keeper.Incarnation!.Value);
        Assert.Equal("silo-a", second.Routes.Get(shard).Owner?.Id);
        second.Routes.Learn(shard, route.Epoch + 1, second.Keeper.Incarnation!.Value);
        Assert.Equal(new ShardRoute(route.Epoch + 1, second.Routes.Get(shard).Owner), second.Routes.Get(shard));
        Assert.Equal("silo-b", second.Routes.Get(shard).Owner?.Id);

        await second.Routes.RefreshAsync(shard, second.Routes.Get(shard), Cancel);
        Assert.Equal("silo-a", second.Routes.Get(shard).Owner?.Id);
        var reads = _table.Reads;
        await second.Routes.RefreshAsync(shard, default, Cancel);
        Assert.Equal(reads, _table.Reads);
    }

    [Fact]
    public async Task Callers_share_a_question_that_begins_after_they_asked()
    {
        var asked = new List<string>();
        var answers = new Queue<TaskCompletionSource<int>>();
        var coalescer = new Coalescer<int, int>(2, items =>
        {
            asked.Add(string.Join('+', items.Order()));
            answers.Enqueue(new());
            return answers.Last().Task;
        });

        var waiting = Enumerable.Range(1, 5).Select(item => coalescer.AskAsync(item, Cancel)).ToArray();
        Assert.Equal("1 2", string.Join(' ', asked));
        answers.Dequeue().SetResult(10);
        Assert.Equal(10, await waiting[0]);
        Assert.Equal("1 2 3+4+5", string.Join(' ', asked));
        answers.Dequeue().SetException(new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(() => waiting[1]);
        answers.Dequeue().SetResult(30);
        Assert.All(await Task.WhenAll(waiting[2], waiting[3], waiting[4]), answer => Assert.Equal(30, answer));
    }

    [Fact]
    public void Times_that_do_not_fit_are_refused()
    {
        Options.Check();
        Assert.Contains("single lost renewal", Assert.Throws<ArgumentException>(
            () => (Options with { Lease = TimeSpan.FromSeconds(2) }).Check()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => (Options with { Tick = TimeSpan.Zero }).Check());
    }

    private SimulatedSilo Start(string id)
    {
        var silo = new SimulatedSilo(id, _table, Options, clockRate: 1);
        _silos.Add(silo);
        return silo;
    }

    private int Owned(SimulatedSilo silo) => _table.Shards.Count(shard => shard.Owner == silo.Rights.Incarnation);

    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Beat)
        {
            _table.Now += Beat;
            foreach (var silo in _silos)
            {
                await silo.PassAsync(Beat);
            }
        }
    }
}
