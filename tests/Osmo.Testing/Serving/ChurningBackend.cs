using Osmo.KubeSim.Fleet;

namespace Osmo.Testing.Serving;

/// <summary>A backend whose cluster does not stand still: conditions flap, nodes are cordoned, lost, and come back as others.</summary>
public sealed class ChurningBackend : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Churn _churn;
    private readonly Task _churning;

    private ChurningBackend(LiveBackend backend, int seed)
    {
        Backend = backend;
        _churn = new Churn(backend.Cluster, new ChurnOptions
        {
            Seed = seed,
            HeartbeatsPerSecond = 50,
            FlapsPerSecond = 40,
            CordonsPerSecond = 20,
            LossesPerSecond = 20,
            DisturbedShareMax = 0.2,
        });
        _churning = Task.Run(() => _churn.RunAsync(_stop.Token));
    }

    public LiveBackend Backend { get; }

    /// <summary>Starts a backend, waits until it has converged once, and lets its cluster churn.</summary>
    public static async Task<ChurningBackend> StartAsync(RunningServer server, string name, int seed = 1, Uri? gateway = null)
    {
        var backend = await LiveBackend.StartAsync(server, name, nodes: 30, seed: seed, gateway: gateway);
        await backend.ConvergesAsync(server, "its start");
        return new ChurningBackend(backend, seed);
    }

    /// <summary>Waits until that many more changes were made.</summary>
    public Task ChurnsAsync(int changes = 30)
    {
        var until = _churn.Changes + changes;
        return Eventually.HoldsAsync(() => _churn.Changes >= until, $"{changes} more changes were made");
    }

    /// <summary>Lets the cluster come to rest and waits until labels and server agree with it.</summary>
    public async Task ConvergesAsync(RunningServer server, string why)
    {
        await _stop.CancelAsync();
        await _churning;
        await Backend.ConvergesAsync(server, why);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _churning;
        _stop.Dispose();
        await Backend.DisposeAsync();
    }
}
