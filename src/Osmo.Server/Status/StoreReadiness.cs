using Osmo.Grains.Silos;
using Osmo.Grains.Storage;

namespace Osmo.Server.Status;

/// <summary>Nothing can be served without the store.</summary>
internal sealed class StoreReadiness(IBackendStore store) : IReadiness
{
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        await store.CheckAsync(cancellationToken);
        return null;
    }
}
