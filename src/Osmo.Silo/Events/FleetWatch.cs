using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Events;
using Osmo.Grains.Silos;
using Osmo.Silo.Membership;

namespace Osmo.Silo.Events;

/// <summary>
/// The events of every silo in one stream. Silos are followed while somebody watches, and a while longer, so that a watcher who comes
/// back can resume. Whenever following a silo begins, at first or again, watchers are told to read everything again: what happened
/// there before that was told to nobody.
/// </summary>
internal sealed class FleetWatch(Members members, FleetEventLog here, TimeProvider time, ILogger<FleetWatch> logger)
    : IFleetWatch, IAsyncDisposable
{
    private static readonly TimeSpan SilosCheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly FleetEventLog _merged = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly WakeSignal _changed = new();
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
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        var updates = members.FollowAsync(_changed.Set, watching.Token);
        var followed = new Dictionary<SiloAddress, EventSubscription>();
        try
        {
            while (IsWatched())
            {
                await FollowAsync(followed, members.Hosts).ConfigureAwait(false);
                await _changed.WaitAsync(SilosCheckInterval, time, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
        finally
        {
            await watching.CancelAsync().ConfigureAwait(false);
            await updates.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(followed.Values.Select(subscription => subscription.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(Dictionary<SiloAddress, EventSubscription> followed, SiloAddress[] silos)
    {
        foreach (var gone in followed.Keys.Except(silos).ToArray())
        {
            // It may have told something on its last breath that nobody heard.
            followed.Remove(gone, out var subscription);
            await subscription!.DisposeAsync().ConfigureAwait(false);
            _merged.Lose();
        }

        foreach (var silo in silos.Where(silo => !followed.ContainsKey(silo)))
        {
            Func<CancellationToken, IAsyncEnumerable<ImmutableArray<FleetEventItem>>> follow = silo.Equals(members.Own)
                ? cancel => EventBatches.FollowAsync(here, cancel)
                : members.GrainOf(silo).FollowAsync;
            followed.Add(silo, new EventSubscription(silo, follow, _merged, time, logger));
        }
    }

    /// <summary>Decides under the lock that <see cref="Enter"/> takes, so that nobody enters unseen.</summary>
    private bool IsWatched()
    {
        lock (_gate)
        {
            var watched = _watchers > 0 || time.GetElapsedTime(_lastLeftAt) < Linger;
            if (!watched)
            {
                _following = Task.CompletedTask;
            }

            return watched;
        }
    }
}
