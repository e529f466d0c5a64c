using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Engine;

/// <summary>The ownership of a process that has its store for itself: everything is here, always.</summary>
internal sealed class SoleOwnership : IOwnership
{
    public ShardEpoch? Claim(BackendName backend) => null;

    public ValueTask ConfirmAsync(ShardEpoch? claim, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Lost(ShardEpoch claim)
    {
    }
}
