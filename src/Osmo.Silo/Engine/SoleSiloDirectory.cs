using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Engine;

/// <summary>The directory of a process that is the only silo.</summary>
internal sealed class SoleSiloDirectory(SiloIdentity identity, IActivationHost activations, TimeProvider time) : ISiloDirectory
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken)
    {
        var (backends, nodes) = activations.Count();
        return Task.FromResult<IReadOnlyList<SiloSummary>>(
        [
            new SiloSummary(
                identity.Id,
                Incarnation: null,
                Address: null,
                identity.Version,
                _startedAt,
                LeaseLeft: null,
                Draining: false,
                BackendShard.Count,
                backends,
                nodes),
        ]);
    }
}
