using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// One cluster for all tests of a class: each has it begin to work, with a history of its own, and leaves it whole and at rest.
/// </summary>
public abstract class SharedScene(int backends, RecordedLoadOptions load, ClusterOptions options) : IAsyncLifetime
{
    public int Seed { get; } = Testing.Seed.Next();

    public ClusterScene Scene { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Scene = await ClusterScene.StartAsync(await DatabaseAsync(), backends, load with { Seed = Seed }, options);
        await Scene.RestAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Scene is { } scene)
        {
            await scene.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Connection string of a new database.</summary>
    protected abstract Task<string> DatabaseAsync();
}

/// <summary>A cluster whose processes are killed.</summary>
public sealed class KillScene(SharedPostgres postgres) : SharedScene(backends: 60, new RecordedLoadOptions(), new ClusterOptions())
{
    protected override async Task<string> DatabaseAsync() => await (await postgres.ServerAsync()).CreateDatabaseAsync();
}

/// <summary>
/// A cluster on a network that can be broken. Calls are given up sooner than by default: a test that breaks the network waits for that.
/// </summary>
public sealed class CutScene(SharedPostgres postgres) : SharedScene(
    backends: 12,
    new RecordedLoadOptions { AnswerTimeMax = TimeSpan.FromSeconds(5) },
    new ClusterOptions { Links = true, More = ["--call-seconds", "4"] })
{
    protected override async Task<string> DatabaseAsync() => await (await postgres.ServerAsync()).CreateDatabaseAsync();
}

/// <summary>A cluster with a database server of its own, on a network that can be slow.</summary>
public sealed class DatabaseScene() : SharedScene(backends: 12, new RecordedLoadOptions(), new ClusterOptions { Links = true })
{
    public PostgresServer Postgres { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Postgres is { } postgres)
        {
            await postgres.DisposeAsync();
        }
    }

    protected override async Task<string> DatabaseAsync()
    {
        Postgres = await PostgresServer.StartAsync();
        return await Postgres.CreateDatabaseAsync();
    }
}
