using System.Runtime.CompilerServices;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Engine;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>
/// The events of this process in batches: what has come since the last batch was taken. A subscriber that is too slow for the log of
/// events is told that some were lost.
/// </summary>
internal static class EventBatches
{
    private const int EventsPerBatchMax = 256;

    /// <summary>Follows the events; the first batch says that following has begun, and is empty.</summary>
    public static async IAsyncEnumerable<Proto.EventBatch> FollowAsync(
        IFleetWatch watch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = watch.FollowAsync(after: null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            // The first step takes the position, the empty batch says so.
            var next = items.MoveNextAsync().AsTask();
            var batch = new List<FleetEvent?>();
            while (true)
            {
                yield return EventMessages.Write(batch);
                batch.Clear();
                while (batch.Count < EventsPerBatchMax && (next.IsCompleted || batch.Count == 0))
                {
                    if (!await next.ConfigureAwait(false))
                    {
                        yield break;
                    }

                    batch.Add(items.Current.Event);
                    next = items.MoveNextAsync().AsTask();
                }
            }
        }
    }
}
