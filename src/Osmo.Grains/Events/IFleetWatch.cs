namespace Osmo.Grains.Events;

/// <summary>The stream of fleet events. Bounded: a watcher that is too slow, or was away too long, is told to read anew.</summary>
public interface IFleetWatch
{
    /// <summary>Follows events.</summary>
    /// <param name="after">The id of the last event that the watcher has seen; null to begin now.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<FleetWatchItem> FollowAsync(string? after, CancellationToken cancellationToken);
}

/// <summary>An event of the stream.</summary>
/// <param name="Id">Where to resume after this event.</param>
/// <param name="Event">What happened; null where events were lost and the watcher has to read everything anew.</param>
public readonly record struct FleetWatchItem(string Id, FleetEvent? Event);
