using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>Follows the events of one silo for as long as it lives, over one connection after the other.</summary>
internal sealed class EventSubscription : IAsyncDisposable
{
    private readonly SiloEntry _silo;
    private readonly IFleetWatch? _here;
    private readonly ISiloEvents _there;
    private readonly ClusterRoutingOptions _options;
    private readonly FleetEventLog _merged;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;

    /// <param name="silo">The silo.</param>
    /// <param name="here">Its events, where it is this process.</param>
    /// <param name="there">The way to its events, where it is another.</param>
    /// <param name="options">Timeouts and pauses.</param>
    /// <param name="merged">Where events go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public EventSubscription(
        SiloEntry silo,
        IFleetWatch? here,
        ISiloEvents there,
        ClusterRoutingOptions options,
        FleetEventLog merged,
        TimeProvider time,
        ILogger logger)
    {
        _silo = silo;
        _here = here;
        _there = there;
        _options = options;
        _merged = merged;
        _time = time;
        _logger = logger;
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
        for (var failures = 1; ; failures++)
        {
            try
            {
                await (_here is null ? FollowThereAsync() : FollowHereAsync(_here)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                if (failures == 1)
                {
                    ClusterLog.EventsLost(_logger, _silo.Id, ConnectionEnd.Tell(failure));
                }
            }

            var pause = Backoff.Pause(_options.RetryPauseFirst, _options.AgentPauseMax, failures);
            await Task.Delay(pause, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task FollowHereAsync(IFleetWatch here)
    {
        var items = here.FollowAsync(after: null, _ending.Token).GetAsyncEnumerator(_ending.Token);
        await using (items.ConfigureAwait(false))
        {
            // The position is taken by the first step: watchers are told to read after it, so that nothing falls between.
            var next = items.MoveNextAsync();
            _merged.Lose();
            while (await next.ConfigureAwait(false))
            {
                Add(items.Current.Event);
                next = items.MoveNextAsync();
            }
        }
    }

    private async Task FollowThereAsync()
    {
        var first = true;
        await foreach (var batch in _there.FollowAsync(_silo, _ending.Token).ConfigureAwait(false))
        {
            if (first)
            {
                _merged.Lose();
                first = false;
            }

            foreach (var happened in batch)
            {
                Add(happened);
            }
        }

        throw new IOException("the silo closed the connection");
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
