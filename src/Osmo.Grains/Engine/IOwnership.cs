using Osmo.Grains.Backends;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Engine;

/// <summary>Which backends this process may run. Asked by the engine before it activates a grain, and before it answers.</summary>
public interface IOwnership
{
    /// <summary>The right to run a backend, as far as this process knows; costs nothing.</summary>
    /// <returns>What the store wants to see with every change; null where the process owns its store alone.</returns>
    /// <exception cref="OsmoException">
    /// Another process owns the backend, or it is on its way there (<see cref="ErrorCode.Moved"/>).
    /// </exception>
    ShardEpoch? Claim(BackendName backend);

    /// <summary>
    /// Returns when the store has said, after this call began, that the right still holds: what was read before is the newest
    /// then, whatever clocks and pauses did.
    /// </summary>
    /// <exception cref="OsmoException">It is lost (<see cref="ErrorCode.Moved"/>), or the store does not answer.</exception>
    ValueTask ConfirmAsync(ShardEpoch? claim, CancellationToken cancellationToken);

    /// <summary>The store refused a change: the right is lost, although this process did not know.</summary>
    void Lost(ShardEpoch claim);
}
