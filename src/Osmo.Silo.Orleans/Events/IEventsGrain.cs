using Orleans.Concurrency;

namespace Osmo.Silo.Orleans.Events;

/// <summary>The Orleans grain that tells the fleet events of one silo. Its key is the silo's address, and it runs there.</summary>
[Alias("osmo.events")]
internal interface IEventsGrain : IGrainWithStringKey
{
    /// <summary>Follows the events, in batches (<c>osmo.cluster.v1.EventBatch</c>); the first says that following has begun.</summary>
    [Alias("follow")]
    IAsyncEnumerable<Immutable<byte[]>> FollowAsync(CancellationToken cancellationToken);
}
