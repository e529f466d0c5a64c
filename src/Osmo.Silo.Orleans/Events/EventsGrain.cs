using System.Runtime.CompilerServices;
using Google.Protobuf;
using Orleans.Concurrency;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;

namespace Osmo.Silo.Orleans.Events;

/// <summary>Tells the events of the silo that it runs on.</summary>
[Reentrant]
[OnSilo]
internal sealed class EventsGrain(FleetEventLog events) : Grain, IEventsGrain
{
    public async IAsyncEnumerable<Immutable<byte[]>> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in EventBatches.FollowAsync(events, cancellationToken))
        {
            yield return batch.ToByteArray().AsImmutable();
        }
    }
}
