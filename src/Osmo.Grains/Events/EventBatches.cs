using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Osmo.Grains.Silos;

namespace Osmo.Grains.Events;

/// <summary>
/// The events of a silo in batches: what has come since the last batch was taken. A follower that is too slow for the log of events is told
/// that some were lost.
/// </summary>
internal static class EventBatches
{
    private const int EventsPerBatchMax = 256;

    /// <summary>Follows the events; the first batch says that following has begun, and is empty.</summary>
    public static async IAsyncEnumerable<ImmutableArray<FleetEventItem>> FollowAsync(
        IFleetWatch watch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = watch.FollowAsync(after: null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            // The first step takes the position, the empty batch says so.
            var next = items.MoveNextAsync().AsTask();
            var batch = ImmutableArray.CreateBuilder<FleetEventItem>();
            while (true)
            {
                yield return batch.DrainToImmutable();
                while (batch.Count < EventsPerBatchMax && (next.IsCompleted || batch.Count == 0))
                {
                    if (!await next.ConfigureAwait(false))
                    {
                        yield break;
                    }

                    batch.Add(new FleetEventItem(items.Current.Event));
                    next = items.MoveNextAsync().AsTask();
                }
            }
        }
    }
}
