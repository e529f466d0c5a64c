using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;

namespace Osmo.Testing.Cluster;

/// <summary>A cluster at work: agents report what changes in their clusters, and clients read and write configurations.</summary>
public sealed class ClusterScene : IAsyncDisposable
{
    private readonly RecordedLoadOptions _load;

    private ClusterScene(ClusterRig rig, ClusterFleet fleet, RecordedLoadOptions load)
    {
        Rig = rig;
        Fleet = fleet;
        _load = load;
    }

    public ClusterRig Rig { get; }

    public ClusterFleet Fleet { get; }

    /// <summary>The clients at work.</summary>
    public RecordedLoad Load { get; private set; } = null!;

    /// <summary>Starts everything on a new database and waits until all is at work.</summary>
    public static async Task<ClusterScene> StartAsync(
        PostgresServer postgres, int backends, RecordedLoadOptions load, ClusterOptions? options = null) =>
        await StartAsync(await postgres.CreateDatabaseAsync(), backends, load, options);

    /// <inheritdoc cref="StartAsync(PostgresServer, int, RecordedLoadOptions, ClusterOptions?)"/>
    public static async Task<ClusterScene> StartAsync(
        string connectionString, int backends, RecordedLoadOptions load, ClusterOptions? options = null)
    {
        var rig = await ClusterRig.StartAsync(connectionString, options);
        try
        {
            var fleet = await ClusterFleet.StartAsync(rig.Api, rig.AgentUrls, backends, load.Seed);
            var scene = new ClusterScene(rig, fleet, load);
            await scene.BeginAsync();
            return scene;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// After whatever happened: every process is ready, every backend is served, everything acknowledged is there and in order, labels
    /// are right, and no process ended by itself.
    /// </summary>
    /// <returns>What was checked, in words.</returns>
    public async Task<string> CheckAsync(string why)
    {
        await Rig.ReadyAsync();
        await Load.EveryBackendAcceptsAWriteAsync();
        var summary = await Load.CheckAsync(Rig.Api);
        await Load.DisposeAsync();
        await Fleet.ConvergesAsync(Rig.Api, why);
        return Rig.Crashes() is [var first, ..] ? throw new InvalidDataException($"A process crashed: {first}") : summary;
    }

    /// <summary>Lets agents and clients rest, until <see cref="ContinueAsync"/>.</summary>
    public async Task RestAsync()
    {
        await Load.DisposeAsync();
        await Fleet.RestAsync();
    }

    /// <summary>Lets agents and clients work again, with a history of their own, after a check or the failure of one.</summary>
    public async Task ContinueAsync()
    {
        await RestAsync();
        await Task.WhenAll(Rig.Processes.Where(process => !process.IsSupervised).Select(process => process.StartAsync()));
        await Rig.ReadyAsync();
        Fleet.Churn();
        await BeginAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await Fleet.DisposeAsync();
        await Rig.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        Load = await RecordedLoad.StartAsync(Rig.GatewayUrls, Fleet.Names, _load);
        await Load.AdvancesAsync();
    }
}
