using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>A silo without threads: its loops go on only when the simulation lets them, by a clock of its own.</summary>
internal sealed class SimulatedSilo : IActivationHost, IAsyncDisposable
{
    private static readonly BackendName[] Names = NamesOfShards();

    private readonly LeaseKeeper _keeper;
    private readonly ClusterOwnership _ownership;
    private long _renewAt;
    private long _balanceAt;

    public SimulatedSilo(string id, ModelOwnershipTable table, LeaseOptions options, double clockRate)
    {
        Id = id;
        ClockRate = clockRate;
        Lease = new Lease(options, Time);
        Watch = new OwnershipWatch(table, options, Time, NullLogger<OwnershipWatch>.Instance);
        _ownership = new ClusterOwnership(Rights, Lease, Watch, table);
        Routes = new ShardRoutes(Watch, Rights, options);
        var registration = new SiloRegistration(id, new Uri("http://127.0.0.1:1"), "1", 1);
        _keeper = new LeaseKeeper(registration, table, Watch, Rights, Lease, this, options, Time, NullLogger<LeaseKeeper>.Instance);
    }

    public string Id { get; }

    /// <summary>How many seconds its clock counts in a second.</summary>
    public double ClockRate { get; }

    public ManualTimeProvider Time { get; } = new();

    public Lease Lease { get; }

    public ShardRights Rights { get; } = new();

    public OwnershipWatch Watch { get; }

    public ShardRoutes Routes { get; }

    public IOwnership Ownership => _ownership;

    public IShardAdmission Admission => _ownership;

    public LeaseKeeper Keeper => _keeper;

    public TimeSpan PausedFor { get; set; }

    /// <summary>Shards whose grains were told to end, in order; what the test makes of a claim at that moment.</summary>
    public Action<IReadOnlySet<int>>? Ended { get; set; }

    public TaskCompletionSource? EndBlocked { get; set; }

    public async Task EndAsync(IReadOnlySet<int> shards)
    {
        Ended?.Invoke(shards);
        if (EndBlocked is { } blocked)
        {
            await blocked.Task;
        }
    }

    public (int Backends, long Nodes) Count() => (7, 70);

    public ShardEpoch? Claim(int shard)
    {
        try
        {
            return Ownership.Claim(Names[shard]);
        }
        catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
        {
            Assert.Equal(shard, refusal.Move?.Shard);
            return null;
        }
    }

    /// <summary>Lets time pass, and the loops do what is due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Time.Advance(time * ClockRate);
        PausedFor -= time;
        if (PausedFor <= TimeSpan.Zero)
        {
            await StepAsync();
        }
    }

    /// <summary>One step of each loop that is due.</summary>
    public async Task StepAsync()
    {
        if (Time.GetTimestamp() >= _renewAt)
        {
            _renewAt = Time.GetTimestamp() + (await RunAsync(Keeper.RenewStepAsync)).Ticks;
        }

        if (Time.GetTimestamp() >= _balanceAt)
        {
            _balanceAt = Time.GetTimestamp() + (await RunAsync(Keeper.BalanceStepAsync)).Ticks;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Keeper.DisposeAsync();
        Routes.Dispose();
        await Watch.DisposeAsync();
    }

    private static async Task<TimeSpan> RunAsync(Func<CancellationToken, Task<TimeSpan>> step)
    {
        try
        {
            return await step(TestContext.Current.CancellationToken);
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable)
        {
            return TimeSpan.FromMilliseconds(200);
        }
    }

    private static BackendName[] NamesOfShards()
    {
        var names = new BackendName[BackendShard.Count];
        var missing = names.Length;
        for (var i = 0; missing > 0; i++)
        {
            var name = BackendName.Parse($"backend-{i}");
            ref var place = ref names[BackendShard.Of(name)];
            missing -= place == default ? 1 : 0;
            place = name;
        }

        return names;
    }
}
