using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>
/// The events of every silo in one stream. Silos are followed while somebody watches, and a while longer, so that a watcher who comes
/// back can resume. Whenever following a silo begins, at first or again, watchers are told to read everything anew: what happened
/// there before that was told to nobody.
/// </summary>
internal sealed class ClusterFleetWatch(
    IShardRoutes routes,
    ISiloEvents there,
    LocalGrains? local,
    ClusterRoutingOptions options,
    TimeProvider time,
    ILogger logger) : IFleetWatch, IAsyncDisposable
{
    private static readonly TimeSpan SilosCheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly FleetEventLog _merged = new();
    private readonly CancellationTokenSource _ending = new();
    private Task _following = Task.CompletedTask;
    private int _watchers;
    private long _lastLeftAt;

    public async IAsyncEnumerable<FleetWatchItem> FollowAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            await foreach (var item in _merged.FollowAsync(after, cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
        finally
        {
            Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task following;
        lock (_gate)
        {
            _ending.Cancel();
            following = _following;
        }

        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Enter()
    {
        lock (_gate)
        {
            _watchers++;
            if (_following.IsCompleted && !_ending.IsCancellationRequested)
            {
                _following = Task.Run(FollowSilosAsync);
            }
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _watchers--;
            _lastLeftAt = time.GetTimestamp();
        }
    }

    private async Task FollowSilosAsync()
    {
        var followed = new Dictionary<long, EventSubscription>();
        try
        {
            while (IsWatched())
            {
                var silos = routes.Silos;
                foreach (var gone in followed.Keys.Where(key => silos.All(silo => silo.Incarnation != key)).ToArray())
                {
                    // It may have told something on its last breath that nobody heard.
                    followed.Remove(gone, out var subscription);
                    await subscription!.DisposeAsync().ConfigureAwait(false);
                    _merged.Lose();
                }

                foreach (var silo in silos.Where(silo => !followed.ContainsKey(silo.Incarnation)))
                {
                    var here = silo.Incarnation == routes.OwnIncarnation ? local?.Engine.Watch : null;
                    followed.Add(silo.Incarnation, new EventSubscription(silo, here, there, options, _merged, time, logger));
                }

                await Task.Delay(SilosCheckInterval, time, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
        finally
        {
            foreach (var subscription in followed.Values)
            {
                await subscription.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Decides under the lock that <see cref="Enter"/> takes, so that nobody enters unseen.</summary>
    private bool IsWatched()
    {
        lock (_gate)
        {
            var watched = _watchers > 0 || time.GetElapsedTime(_lastLeftAt) < options.WatchLinger;
            if (!watched)
            {
                _following = Task.CompletedTask;
            }

            return watched;
        }
    }
}
