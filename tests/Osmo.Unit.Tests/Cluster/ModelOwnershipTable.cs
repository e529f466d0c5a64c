using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>
/// The table of shards as its port describes it, in memory and with a clock that the test moves. It can be down, and it can apply a
/// statement whose answer then gets lost.
/// </summary>
internal sealed class ModelOwnershipTable : IOwnershipTable
{
    private readonly Dictionary<long, Row> _silos = [];
    private readonly ShardRow[] _shards = new ShardRow[BackendShard.Count];
    private long _incarnations;

    /// <summary>The database's clock.</summary>
    public DateTimeOffset Now { get; set; } = new(2030, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public bool IsDown { get; set; }

    /// <summary>Asked before each change: whether it is applied and its answer lost.</summary>
    public Func<bool> LosesAnswer { get; set; } = () => false;

    /// <summary>Told of each shard that is taken from a silo whose lease has expired.</summary>
    public Action<int, long>? TakenOver { get; set; }

    /// <summary>Rows that a commit holds at this moment.</summary>
    public HashSet<int> Held { get; } = [];

    public int Reads { get; private set; }

    public IReadOnlyList<ShardRow> Shards => _shards;

    /// <summary>How many silos were ever entered; the last one's incarnation.</summary>
    public long Incarnations => _incarnations;

    public IEnumerable<long> Alive => _silos.Where(silo => silo.Value.ExpiresAt > Now).Select(silo => silo.Key);

    /// <summary>When the last of all leases ends.</summary>
    public DateTimeOffset LastExpiry => _silos.Values.Select(row => row.ExpiresAt).Append(Now).Max();

    /// <summary>What the store does for a commit.</summary>
    public bool Accepts(ShardEpoch claim) => _shards[claim.Shard] is { Owner: not null } row && row.Epoch == claim.Epoch;

    /// <summary>Who owns a shard, for a failure's text.</summary>
    public string Describe(int shard) => _shards[shard].Owner is not { } owner ? "nobody's"
        : _silos.TryGetValue(owner, out var row) ? $"of {row.Silo.Id}, incarnation {owner}, whose lease ends in {row.ExpiresAt - Now}"
        : $"of incarnation {owner}, which has no row";

    public void Delete(long incarnation) => _silos.Remove(incarnation);

    public Task<long> RegisterAsync(SiloRegistration silo, TimeSpan lease, CancellationToken cancellationToken) => Change(() =>
    {
        foreach (var old in _silos.Where(row => row.Value.Silo.Id == silo.Id).Select(row => row.Key).ToArray())
        {
            _silos.Remove(old);
        }

        _silos[++_incarnations] = new Row(silo, Now, Now + lease, default);
        return _incarnations;
    });

    public Task<bool> RenewAsync(long incarnation, SiloReport report, TimeSpan lease, CancellationToken cancellationToken) => Change(() =>
    {
        if (!_silos.TryGetValue(incarnation, out var row))
        {
            return false;
        }

        _silos[incarnation] = row with { ExpiresAt = Now + lease, Report = report };
        return true;
    });

    public Task<OwnershipSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Reads++;
        return Ask(() => new OwnershipSnapshot(
            Now,
            [.. _silos.OrderBy(row => row.Key).Select(row => row.Value.Entry(row.Key, Now))],
            [.. _shards]));
    }

    public Task<IReadOnlyList<ShardEpoch>> ClaimAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken) => Change<IReadOnlyList<ShardEpoch>>(() =>
    {
        if (!IsAlive(incarnation))
        {
            return [];
        }

        return Give(shards, incarnation, row => row.Owner is not { } owner || !IsAlive(owner));
    });

    public Task<IReadOnlyList<ShardEpoch>> TakeAsync(
        long incarnation, IReadOnlyCollection<int> shards, CancellationToken cancellationToken) => Change<IReadOnlyList<ShardEpoch>>(() =>
        IsAlive(incarnation) ? Give([.. shards.Select(shard => new ShardEpoch(shard, _shards[shard].Epoch))], incarnation, _ => true) : []);

    public Task<LockHolders> EndHoldersAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken) => Change(() =>
    {
        var may = IsAlive(incarnation) && shards.All(shard => _shards[shard.Shard].Owner is not { } owner || !IsAlive(owner));
        var ended = may ? shards.Count(shard => Held.Remove(shard.Shard)) : 0;
        return new LockHolders(ended, 0);
    });

    public Task<IReadOnlyList<ShardEpoch>> HandOverAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, long recipient, CancellationToken cancellationToken) =>
        Change<IReadOnlyList<ShardEpoch>>(() => IsAlive(recipient) ? Give(shards, recipient, row => row.Owner == incarnation) : []);

    public Task LeaveAsync(long incarnation, CancellationToken cancellationToken) => Change(() =>
    {
        for (var shard = 0; shard < _shards.Length; shard++)
        {
            if (_shards[shard].Owner == incarnation && !Held.Contains(shard))
            {
                _shards[shard] = new(_shards[shard].Epoch + 1, null);
            }
        }

        return _silos.Remove(incarnation);
    });

    public Task ForgetAsync(TimeSpan expiredFor, CancellationToken cancellationToken) => Change(() =>
    {
        foreach (var old in _silos.Where(row => row.Value.ExpiresAt < Now - expiredFor).Select(row => row.Key).ToArray())
        {
            if (_shards.All(shard => shard.Owner != old))
            {
                _silos.Remove(old);
            }
        }

        return true;
    });

    public Task<IReadOnlyList<ShardEpoch>> FindLostAsync(IReadOnlyCollection<ShardEpoch> claims, CancellationToken cancellationToken) =>
        Ask<IReadOnlyList<ShardEpoch>>(() => [.. claims.Where(claim => !Accepts(claim))]);

    public Task ListenAsync(Action changed, CancellationToken cancellationToken) =>
        new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    private bool IsAlive(long incarnation) => _silos.TryGetValue(incarnation, out var row) && row.ExpiresAt > Now;

    private List<ShardEpoch> Give(IReadOnlyList<ShardEpoch> shards, long to, Func<ShardRow, bool> may)
    {
        var given = new List<ShardEpoch>();
        foreach (var shard in shards)
        {
            var row = _shards[shard.Shard];
            if (row.Epoch == shard.Epoch && may(row) && !Held.Contains(shard.Shard))
            {
                if (row.Owner is { } owner && _silos.ContainsKey(owner) && !IsAlive(owner))
                {
                    TakenOver?.Invoke(shard.Shard, owner);
                }

                _shards[shard.Shard] = new(row.Epoch + 1, to);
                given.Add(new(shard.Shard, row.Epoch + 1));
            }
        }

        return given;
    }

    private Task<T> Change<T>(Func<T> change) => Ask(() =>
    {
        var answer = change();
        return LosesAnswer() ? throw Unavailable() : answer;
    });

    private Task<T> Ask<T>(Func<T> ask)
    {
        try
        {
            return IsDown ? Task.FromException<T>(Unavailable()) : Task.FromResult(ask());
        }
        catch (OsmoException lost)
        {
            return Task.FromException<T>(lost);
        }
    }

    private static OsmoException Unavailable() => new(ErrorCode.Unavailable, "The model's database does not answer.");

    private sealed record Row(SiloRegistration Silo, DateTimeOffset StartedAt, DateTimeOffset ExpiresAt, SiloReport Report)
    {
        public SiloEntry Entry(long incarnation, DateTimeOffset now) => new(
            incarnation, Silo.Id, Silo.Address, Silo.Version, Silo.ProtocolVersion, StartedAt, ExpiresAt - now, Report.Draining,
            Report.Backends, Report.Nodes);
    }
}
