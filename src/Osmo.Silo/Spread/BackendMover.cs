using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;
using Osmo.Grains.Backends;
using Osmo.Silo.Membership;

namespace Osmo.Silo.Spread;

/// <summary>Moves backends of this silo to others, by Orleans' migration.</summary>
internal sealed class BackendMover(
    ActiveBackends active, Members members, IGrainFactory grains, TimeProvider time, ILogger<BackendMover> logger)
{
    /// <summary>Each loads its nodes from the store while nobody can write it: few at a time keep that short.</summary>
    private const int MovesAtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeftCheckInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Moves backends. Returns when every one of them is active there, or could not be moved in time.</summary>
    public Task MoveAsync(IEnumerable<SpreadMove> moves, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        moves,
        new ParallelOptions { MaxDegreeOfParallelism = MovesAtOnce, CancellationToken = cancellationToken },
        async (move, cancel) => await TryMoveAsync(move, cancel).ConfigureAwait(false));

    /// <summary>Ends every backend here, without looking for another place: the next call finds one.</summary>
    public Task EndAllAsync(CancellationToken cancellationToken) => Task.WhenAll(
        active.List().Select(backend => TryAsync(
            backend.Backend,
            () => GrainOf(backend.Backend).Cast<IGrainManagementExtension>().DeactivateOnIdle().AsTask(),
            cancellationToken)));

    private Task TryMoveAsync(SpreadMove move, CancellationToken cancellationToken) => TryAsync(
        move.Backend,
        async () =>
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, move.To);
            var grain = GrainOf(move.Backend);
            await grain.Cast<IGrainManagementExtension>().MigrateOnIdle().ConfigureAwait(false);
            while (active.Has(move.Backend))
            {
                if (!members.IsActive(move.To))
                {
                    throw new SiloUnavailableException($"Silo {move.To} is gone.");
                }

                await Task.Delay(LeftCheckInterval, time, cancellationToken).ConfigureAwait(false);
            }

            // The answer comes when it has loaded; and if the move ended halfway, this call is what places it.
            await grain.PingAsync().ConfigureAwait(false);
        },
        cancellationToken);

    private async Task TryAsync(string backend, Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            SiloLog.MoveFailed(logger, backend, failure.Message);
        }
    }

    private IBackendGrain GrainOf(string backend) => grains.GetGrain<IBackendGrain>(backend);
}
