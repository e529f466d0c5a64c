using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Events;
using Osmo.Grains.Silos;

namespace Osmo.Silo.Events;

/// <summary>Follows the events of one silo for as long as it lives.</summary>
internal sealed class EventSubscription : IAsyncDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly SiloAddress _silo;
    private readonly Func<CancellationToken, IAsyncEnumerable<ImmutableArray<FleetEventItem>>> _follow;
    private readonly FleetEventLog _merged;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;

    /// <param name="silo">The silo.</param>
    /// <param name="follow">The way to its events.</param>
    /// <param name="merged">Where events go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public EventSubscription(
        SiloAddress silo,
        Func<CancellationToken, IAsyncEnumerable<ImmutableArray<FleetEventItem>>> follow,
        FleetEventLog merged,
        TimeProvider time,
        ILogger logger)
    {
        (_silo, _follow, _merged, _time, _logger) = (silo, follow, merged, time, logger);
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = PauseMin;
        while (!_ending.IsCancellationRequested)
        {
            if (await FollowAsync().ConfigureAwait(false))
            {
                pause = PauseMin;
            }

            await Task.Delay(pause, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    /// <returns>Whether anything was heard.</returns>
    private async Task<bool> FollowAsync()
    {
        var begun = false;
        try
        {
            await foreach (var batch in _follow(_ending.Token).WithCancellation(_ending.Token).ConfigureAwait(false))
            {
                if (!begun)
                {
                    // The silo has its place in the log by now: watchers are told to read after it, so that nothing falls between.
                    begun = true;
                    _merged.Lose();
                }

                foreach (var item in batch)
                {
                    Add(item.Event);
                }
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The silo is gone, or nobody watches any more.
        }
        catch (Exception failure)
        {
            SiloLog.EventsLost(_logger, _silo, failure.Message);
        }

        return begun;
    }

    private void Add(FleetEvent? happened)
    {
        if (happened is null)
        {
            _merged.Lose();
        }
        else
        {
            _merged.Publish(happened);
        }
    }
}
