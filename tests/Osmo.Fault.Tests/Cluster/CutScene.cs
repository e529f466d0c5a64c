using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>One cluster, on a network that can be broken, for all tests of a class: each leaves it as it was.</summary>
public sealed class CutScene(SharedPostgres postgres) : IAsyncLifetime
{
    private const int Backends = 12;

    public int Seed { get; } = Testing.Seed.Next();

    public ClusterScene Scene { get; private set; } = null!;

    /// <summary>Calls are given up sooner than by default: a test that breaks the network waits for that.</summary>
    public async ValueTask InitializeAsync() => Scene = await ClusterScene.StartAsync(
        await postgres.ServerAsync(),
        Backends,
        new RecordedLoadOptions { Seed = Seed, AnswerTimeMax = TimeSpan.FromSeconds(5) },
        new ClusterOptions { Links = true, More = ["--call-seconds", "4"] });

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
