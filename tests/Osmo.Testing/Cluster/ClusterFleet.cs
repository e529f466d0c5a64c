using Osmo.Kubernetes;
using Osmo.KubeSim.Fleet;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Cluster;

/// <summary>
/// Backends with small simulated clusters that change all the time, each with its agent in this process, connected to one of the
/// gateways.
/// </summary>
public sealed class ClusterFleet : IAsyncDisposable
{
    private const int StartsAtOnce = 4;

    private readonly LiveBackend[] _backends;
    private readonly Churn[] _churns;
    private CancellationTokenSource _stop = new();
    private Task _churning = Task.CompletedTask;

    private ClusterFleet(LiveBackend[] backends, int seed)
    {
        _backends = backends;
        _churns = [.. backends.Select((backend, i) => new Churn(backend.Cluster, new ChurnOptions
        {
            Seed = seed + i,
            HeartbeatsPerSecond = 2,
            FlapsPerSecond = 1.5,
            CordonsPerSecond = 0.5,
            LossesPerSecond = 0.3,
            DisturbedShareMax = 0.2,
        }))];
    }

    public IReadOnlyList<LiveBackend> Backends => _backends;

    public IReadOnlyList<string> Names => [.. _backends.Select(backend => backend.Name)];

    /// <summary>Starts the backends, waits until all have converged once, and lets their clusters churn.</summary>
    /// <param name="server">The cluster of servers.</param>
    /// <param name="gateways">Where the agents connect, in turn.</param>
    /// <param name="backends">How many.</param>
    /// <param name="seed">Of the clusters and what happens in them.</param>
    /// <param name="nodes">Of each cluster.</param>
    public static async Task<ClusterFleet> StartAsync(
        IFleetApi server, IReadOnlyList<Uri> gateways, int backends, int seed, int nodes = 10)
    {
        var started = new LiveBackend[backends];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, backends),
            new ParallelOptions { MaxDegreeOfParallelism = StartsAtOnce },
            async (i, _) => started[i] = await LiveBackend.StartAsync(
                server,
                $"backend-{i:00}",
                nodes,
                seed: seed + i,
                gateway: gateways[i % gateways.Count],
                options: options => options with
                {
                    // Dozens of them in one process: what one alone does at once they may do a little later.
                    Reflector = new ReflectorOptions
                    {
                        BackoffMsInitial = 50,
                        BackoffMsMax = 500,
                        RefusedBackoffMsMax = 100,
                        WatchIdleMax = TimeSpan.FromSeconds(20),
                    },
                },
                bookmarks: TimeSpan.FromSeconds(5)));
        var fleet = new ClusterFleet(started, seed);
        await fleet.AgreeAsync(server, "the start");
        fleet.Churn();
        return fleet;
    }

    /// <summary>Changes made in the clusters so far.</summary>
    public long Changes => _churns.Sum(churn => churn.Changes);

    /// <summary>Lets the clusters churn again, after <see cref="ConvergesAsync"/>.</summary>
    public void Churn()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        var stop = _stop.Token;
        _churning = Task.WhenAll(_churns.Select(churn => Task.Run(() => churn.RunAsync(stop))));
    }

    /// <summary>Lets the clusters come to rest, and waits until every label, and what the servers know, is what the rules say.</summary>
    public async Task ConvergesAsync(IFleetApi server, string why)
    {
        await RestAsync();
        await AgreeAsync(server, why);
    }

    /// <summary>Lets the clusters come to rest.</summary>
    public async Task RestAsync()
    {
        await _stop.CancelAsync();
        await _churning;
    }

    public async ValueTask DisposeAsync()
    {
        await RestAsync();
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task AgreeAsync(IFleetApi server, string why)
    {
        foreach (var backend in _backends)
        {
            await backend.ConvergesAsync(server, why);
        }
    }
}
