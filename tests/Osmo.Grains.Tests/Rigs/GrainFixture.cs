namespace Osmo.Grains.Tests.Rigs;

/// <summary>One silo for all tests of a class; each takes a backend of its own.</summary>
public sealed class GrainFixture : IAsyncLifetime
{
    private int _backends;

    internal GrainCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await GrainCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>A name that no other test has.</summary>
    internal string NewBackend() => $"b{Interlocked.Increment(ref _backends)}";
}
