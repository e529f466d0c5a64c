namespace Osmo.Engine.Contract.Rigs;

/// <summary>
/// An engine that is held to the contract: a fixture of the collection of its test classes. One rig serves all tests that leave it as
/// they found it; the others start their own.
/// </summary>
public abstract class EngineUnderTest : IAsyncDisposable
{
    private readonly Lazy<Task<IEngineRig>> _shared;

    protected EngineUnderTest() => _shared = new(() => StartAsync(new RigOptions()));

    /// <summary>Starts the engine on a new store; returns when every silo serves its share.</summary>
    public abstract Task<IEngineRig> StartAsync(RigOptions options);

    /// <summary>The rig that tests share.</summary>
    public Task<IEngineRig> SharedAsync() => _shared.Value;

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_shared.IsValueCreated)
        {
            await (await _shared.Value).DisposeAsync();
        }
    }
}

/// <summary>An engine of many processes that is held to the contract.</summary>
public abstract class ClusterUnderTest : EngineUnderTest
{
    /// <summary>Starts the engine on a new store; returns when every silo serves its share.</summary>
    public abstract Task<IClusterRig> StartClusterAsync(RigOptions options);

    /// <inheritdoc/>
    public sealed override async Task<IEngineRig> StartAsync(RigOptions options) => await StartClusterAsync(options);

    /// <summary>The rig that tests share. It has two silos, whatever happened.</summary>
    public async Task<IClusterRig> SharedClusterAsync() => (IClusterRig)await SharedAsync();
}
