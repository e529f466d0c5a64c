using Osmo.Bench.Channel;
using Osmo.Testing.Cluster;
using Osmo.Testing.Postgres;

namespace Osmo.Bench.Cluster;

/// <summary>A cluster of processes on a PostgreSQL of its own that syncs every commit, with backends that have registered.</summary>
internal sealed class ClusterStage : IAsyncDisposable
{
    private const int RegistrationsAtOnce = 8;
    private const double FairShare = 0.7;
    private static readonly TimeSpan SpreadTimeout = TimeSpan.FromSeconds(60);

    private readonly PostgresServer _postgres;

    private ClusterStage(PostgresServer postgres, ClusterRig rig, IReadOnlyList<string> backends)
    {
        _postgres = postgres;
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
        var stage = new ClusterStage(postgres, rig, names);
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = RegistrationsAtOnce, CancellationToken = cancel },
            async (name, _) => await (await WindowedAgent.ConnectAsync(rig.GatewayUrls[0], name)).DisposeAsync());
        await stage.SharesAreFairAsync(cancel);
        return stage;
    }

    /// <summary>The backends that a silo runs at this moment.</summary>
    public async Task<IReadOnlyList<string>> BackendsOfAsync(string silo, CancellationToken cancel)
    {
        var found = new List<string>();
        foreach (var name in Backends)
        {
            cancel.ThrowIfCancellationRequested();
            if ((string?)(await Rig.Api.GetAsync($"api/backends/{name}/placement"))["silo"] == silo)
            {
                found.Add(name);
            }
        }

        return found;
    }

    /// <summary>Waits until every silo has about its share of the active backends.</summary>
    public async Task SharesAreFairAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(SpreadTimeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await AreFairAsync())
        {
            await poll.WaitForNextTickAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task<bool> AreFairAsync()
    {
        var carried = (await Rig.Api.GetAsync("api/silos"))["silos"]!.AsArray()
            .Where(silo => (bool)silo!["hosts_grains"]! && (string?)silo["status"] == "Active")
            .Select(silo => (int?)silo!["backends"])
            .ToArray();
        return carried.Length == Rig.Silos.Count && carried.All(backends => backends is not null)
            && carried.Min() >= carried.Sum() / carried.Length * FairShare;
    }
}
