using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;
using Osmo.Testing;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>Silos of one cluster in this process, each with connections of its own, without grains.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    public const int Shards = BackendShard.Count;

    private readonly PostgresOptions _options;
    private readonly List<RigSilo> _silos = [];

    private ClusterRig(PostgresOptions options, PostgresDatabase database)
    {
        _options = options;
        Database = database;
        Store = new PostgresBackendStore(database);
        Table = NewTable();
    }

    /// <summary>As the defaults, but every lease a third as long.</summary>
    public static LeaseOptions Quick { get; } = new()
    {
        Lease = TimeSpan.FromSeconds(1),
        Renewal = TimeSpan.FromMilliseconds(300),
        FenceMargin = TimeSpan.FromMilliseconds(200),
        Tick = TimeSpan.FromMilliseconds(100),
        Remembered = TimeSpan.FromSeconds(2),
    };

    public PostgresDatabase Database { get; }

    public PostgresBackendStore Store { get; }

    public PostgresOwnershipTable Table { get; }

    public static async Task<ClusterRig> StartAsync(string connectionString, CancellationToken cancellationToken)
    {
        var options = new PostgresOptions { ConnectionString = connectionString, ConnectionsMax = 6 };
        return new ClusterRig(options, await PostgresDatabase.OpenAsync(options, cancellationToken));
    }

    public PostgresOwnershipTable NewTable(LeaseOptions? lease = null) => new(_options, lease ?? Quick, TimeProvider.System);

    public RigSilo Start(string id, LeaseOptions? lease = null, TimeProvider? time = null)
    {
        var silo = new RigSilo(id, NewTable(lease), lease ?? Quick, time ?? TimeProvider.System);
        _silos.Add(silo);
        silo.Keeper.Start();
        return silo;
    }

    /// <summary>Waits until some silos own everything between them, in fair shares, and agree with the table.</summary>
    public Task SettlesAsync(params RigSilo[] silos) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                var table = await Table.ReadAsync(CancellationToken.None);
                return Difference(table, silos);
            }
            catch (OsmoException failure)
            {
                return failure.Message;
            }
        },
        $"{silos.Length} silos share the shards");

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        await Store.DisposeAsync();
        await Table.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static string? Difference(OwnershipSnapshot table, RigSilo[] silos)
    {
        var claims = silos.Select(silo => silo.Claims()).ToArray();
        for (var shard = 0; shard < Shards; shard++)
        {
            var row = table.Shards[shard];
            var claimed = claims.SelectMany((claim, i) => claim.TryGetValue(shard, out var epoch) ? new[] { (i, epoch) } : []).ToArray();
            if (claimed.Length != 1 || claimed[0].epoch != row.Epoch || silos[claimed[0].i].Rights.Incarnation != row.Owner)
            {
                return $"shard {shard} is {row} and claimed by {string.Join(", ", claimed)}";
            }
        }

        return claims.FirstOrDefault(claim => Math.Abs(claim.Count - (Shards / (double)silos.Length)) >= 1) is { } unfair
            ? $"one silo owns {unfair.Count}"
            : null;
    }
}

/// <summary>A silo of the rig.</summary>
internal sealed class RigSilo : IActivationHost, IAsyncDisposable
{
    private static readonly BackendName[] Names = NamesOfShards();

    private readonly ClusterOwnership _ownership;
    private readonly PostgresOwnershipTable _table;

    public RigSilo(string id, PostgresOwnershipTable table, LeaseOptions options, TimeProvider time)
    {
        _table = table;
        Id = id;
        var lease = new Lease(options, time);
        Watch = new OwnershipWatch(table, options, time, NullLogger<OwnershipWatch>.Instance);
        if (time == TimeProvider.System)
        {
            // One whose clock the test holds is to hear nothing while it is held.
            Watch.Start();
        }

        Routes = new ShardRoutes(Watch, Rights, options);
        _ownership = new ClusterOwnership(Rights, lease, Watch, table);
        var registration = new SiloRegistration(id, new Uri("http://127.0.0.1:7000"), "0.1.0", 1);
        Keeper = new LeaseKeeper(registration, table, Watch, Rights, lease, this, options, time, NullLogger<LeaseKeeper>.Instance);
    }

    public string Id { get; }

    public ShardRights Rights { get; } = new();

    public OwnershipWatch Watch { get; }

    public ShardRoutes Routes { get; }

    public LeaseKeeper Keeper { get; }

    public IOwnership Ownership => _ownership;

    public IShardAdmission Admission => _ownership;

    public ConcurrentQueue<IReadOnlySet<int>> Ended { get; } = [];

    /// <summary>Waited for by whoever ends grains, which is before their shards go.</summary>
    public Func<Task> Ending { get; set; } = () => Task.CompletedTask;

    public static BackendName NameOf(int shard) => Names[shard];

    public Task EndAsync(IReadOnlySet<int> shards)
    {
        Ended.Enqueue(shards);
        return Ending();
    }

    public (int Backends, long Nodes) Count() => (3, 30);

    public ShardEpoch? Claim(int shard)
    {
        try
        {
            return Ownership.Claim(Names[shard]);
        }
        catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
        {
            return null;
        }
    }

    public Dictionary<int, long> Claims() => Enumerable.Range(0, ClusterRig.Shards)
        .Select(Claim).Where(claim => claim is not null).ToDictionary(claim => claim!.Value.Shard, claim => claim!.Value.Epoch);

    /// <summary>Ends without a word to anybody, as a killed process.</summary>
    public Task DieAsync() => Keeper.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await Keeper.DisposeAsync();
        Routes.Dispose();
        await Watch.DisposeAsync();
        await _table.DisposeAsync();
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
