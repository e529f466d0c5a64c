using Npgsql;
using Osmo.Bench.Channel;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Testing.Cluster;
using Osmo.Testing.Postgres;

namespace Osmo.Bench.Cluster;

/// <summary>A cluster of processes on a PostgreSQL of its own that syncs every commit, with backends that have registered.</summary>
internal sealed class ClusterStage : IAsyncDisposable
{
    private const int RegistrationsAtOnce = 8;
    private static readonly TimeSpan SpreadTimeout = TimeSpan.FromSeconds(60);

    private readonly PostgresServer _postgres;
    private readonly NpgsqlDataSource _database;

    private ClusterStage(PostgresServer postgres, NpgsqlDataSource database, ClusterRig rig, IReadOnlyList<string> backends)
    {
        _postgres = postgres;
        _database = database;
        Rig = rig;
        Backends = backends;
    }

    public ClusterRig Rig { get; }

    public IReadOnlyList<string> Backends { get; }

    public static async Task<ClusterStage> StartAsync(
        int silos, int gateways, int backends, CancellationToken cancel, params IReadOnlyList<string> more)
    {
        var postgres = await PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                Settings = new Dictionary<string, string> { ["shared_buffers"] = "256MB", ["max_wal_size"] = "4GB" },
            },
            cancel);
        var connectionString = await postgres.CreateDatabaseAsync(cancel);
        var rig = await ClusterRig.StartAsync(connectionString, new ClusterOptions { Silos = silos, Gateways = gateways, More = more });
        var names = Enumerable.Range(0, backends).Select(i => $"backend-{i:0000}").ToArray();
        var stage = new ClusterStage(postgres, NpgsqlDataSource.Create(connectionString), rig, names);
        await stage.SharesAreFairAsync(cancel);
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = RegistrationsAtOnce, CancellationToken = cancel },
            async (name, _) => await (await WindowedAgent.ConnectAsync(rig.GatewayUrls[0], name)).DisposeAsync());
        return stage;
    }

    /// <summary>The backends that a silo owns at this moment.</summary>
    public async Task<IReadOnlyList<string>> BackendsOfAsync(string silo, CancellationToken cancel)
    {
        var shards = (await OwnersAsync(cancel)).Where(owner => owner.Silo == silo).Select(owner => owner.Shard).ToHashSet();
        return [.. Backends.Where(name => shards.Contains(BackendShard.Of(BackendName.Parse(name))))];
    }

    /// <summary>Waits until every silo owns its share of the shards.</summary>
    public async Task SharesAreFairAsync(CancellationToken cancel)
    {
        var least = BackendShard.Count / Rig.Silos.Count;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(SpreadTimeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while ((await OwnersAsync(cancel)).GroupBy(owner => owner.Silo).Count(silo => silo.Count() >= least) < Rig.Silos.Count)
        {
            await poll.WaitForNextTickAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await _database.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task<List<(int Shard, string Silo)>> OwnersAsync(CancellationToken cancel)
    {
        await using var command = _database.CreateCommand(
            "SELECT number, id FROM shard JOIN silo ON owner = incarnation WHERE NOT draining AND expires_at > clock_timestamp()");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var owners = new List<(int, string)>();
        while (await reader.ReadAsync(cancel))
        {
            owners.Add((reader.GetInt32(0), reader.GetString(1)));
        }

        return owners;
    }
}
