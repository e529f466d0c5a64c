using System.Runtime.CompilerServices;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Engine;
using Osmo.Silo.Orleans.Hosting;
using Osmo.Silo.Orleans.Routing;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Silo.Orleans.Events;

/// <summary>The way to the fleet events of a silo, over Orleans.</summary>
internal sealed class OrleansEvents(IClusterClientSource source) : ISiloEvents
{
    public async IAsyncEnumerable<IReadOnlyList<FleetEvent?>> FollowAsync(
        SiloEntry silo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var grain = source.Client.GetGrain<IEventsGrain>(OrleansAddress.Read(silo.Address).ToParsableString());
        await foreach (var batch in grain.FollowAsync(cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return EventMessages.Read(Proto.EventBatch.Parser.ParseFrom(batch.Value));
        }
    }
}
