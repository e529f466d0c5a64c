using System.Collections.Immutable;
using Osmo.Cluster.Ownership;

namespace Osmo.Cluster.Membership;

/// <summary>
/// The route table: the last reading, and what refusals have said since. A reading that begins after a refusal was heard counts more
/// than the refusal, so that nothing wrong stays.
/// </summary>
internal sealed class ShardRoutes : IShardRoutes, IClusterView, IDisposable
{
    private readonly OwnershipWatch _watch;
    private readonly ShardRights? _rights;
    private readonly LeaseOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Learned> _learned = [];
    private volatile State _state = State.Empty;

    /// <summary>Creates the route table of a process.</summary>
    /// <param name="watch">What it knows of the database's table.</param>
    /// <param name="rights">Its own rights where it is a silo; null in a gateway.</param>
    /// <param name="options">How old the table may be.</param>
    public ShardRoutes(OwnershipWatch watch, ShardRights? rights, LeaseOptions options)
    {
        _watch = watch;
        _rights = rights;
        _options = options;
        watch.Read += OnRead;
    }

    public bool IsCurrent => _watch.Age is { } age && age <= _options.RoutesAge;

    public long? OwnIncarnation => _rights?.Incarnation is > 0 and var incarnation ? incarnation : null;

    public IReadOnlyList<SiloEntry> Silos => _state.Alive;

    public ShardRoute Get(int shard) => _state.Routes[shard];

    public void Learn(int shard, long epoch, long ownerIncarnation)
    {
        lock (_lock)
        {
            if (epoch <= _state.Routes[shard].Epoch)
            {
                return;
            }

            var owner = _state.Reading?.Table.Find(ownerIncarnation);
            if (owner is not null)
            {
                _learned[shard] = new(epoch, ownerIncarnation, _watch.ReadingsBegun);
                _state = _state with { Routes = _state.Routes.SetItem(shard, new ShardRoute(epoch, owner)) };
                return;
            }
        }

        // A silo that joined since the last reading.
        _watch.Request();
    }

    public Task RefreshAsync(int shard, ShardRoute known, CancellationToken cancellationToken)
    {
        var route = Get(shard);
        return route.Epoch != known.Epoch || route.Owner?.Incarnation != known.Owner?.Incarnation
            ? Task.CompletedTask
            : _watch.RefreshAsync(cancellationToken);
    }

    public ClusterState Read()
    {
        var state = _state;
        var owned = state.Reading?.Table.Shards.Where(shard => shard.Owner is not null).CountBy(shard => shard.Owner!.Value).ToDictionary();
        return new(
            [.. state.Reading?.Table.Silos.Select(silo => new SiloState(silo, owned!.GetValueOrDefault(silo.Incarnation))) ?? []],
            state.Routes.Count(route => route.Owner is null),
            _watch.Age);
    }

    public async Task<ClusterState> ReadNowAsync(CancellationToken cancellationToken)
    {
        await _watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return Read();
    }

    public void Dispose() => _watch.Read -= OnRead;

    private void OnRead(TableReading reading)
    {
        var silos = reading.Table.Silos.ToDictionary(silo => silo.Incarnation);
        lock (_lock)
        {
            var routes = ImmutableArray.CreateBuilder<ShardRoute>(reading.Table.Shards.Length);
            foreach (var (epoch, owner) in reading.Table.Shards)
            {
                routes.Add(new(epoch, owner is { } incarnation ? silos.GetValueOrDefault(incarnation) : null));
            }

            foreach (var (shard, learned) in _learned.ToArray())
            {
                if (reading.Number > learned.ReadingsBegun || reading.Table.Shards[shard].Epoch >= learned.Epoch)
                {
                    _learned.Remove(shard);
                }
                else
                {
                    routes[shard] = new(learned.Epoch, silos.GetValueOrDefault(learned.Owner));
                }
            }

            _state = new(reading, routes.MoveToImmutable(), [.. AliveById(reading.Table)]);
        }
    }

    private static IEnumerable<SiloEntry> AliveById(OwnershipSnapshot table) =>
        table.Silos.Where(silo => silo.LeaseLeft > TimeSpan.Zero).OrderBy(silo => silo.Id, StringComparer.Ordinal);

    private readonly record struct Learned(long Epoch, long Owner, long ReadingsBegun);

    private sealed record State(TableReading? Reading, ImmutableArray<ShardRoute> Routes, ImmutableArray<SiloEntry> Alive)
    {
        public static readonly State Empty = new(null, [.. new ShardRoute[Grains.Storage.BackendShard.Count]], []);
    }
}
