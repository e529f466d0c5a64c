using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Silos;
using Osmo.Silo.Membership;

namespace Osmo.Silo.Spread;

/// <summary>
/// Spreads backends over the silos by what they carry. Orleans leaves a grain where it is, so that a silo that joined would stay empty:
/// silos that carry more than their share move some of their backends.
/// </summary>
internal sealed class BackendSpread(
    Members members,
    SiloLoads loads,
    LocalSilo local,
    ActiveBackends active,
    BackendMover mover,
    TimeProvider time,
    ILogger<BackendSpread> logger) : BackgroundService
{
    /// <summary>Longer than it takes until all have learned what the moves of a round changed.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private const int MovesPerRoundMax = 24;

    /// <summary>Whether there was something to move the last time: while many are placed at once, figures are wrong for a moment.</summary>
    private bool _wasUneven;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await SpreadAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                SiloLog.Unexpected(logger, "spreading backends", failure);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task SpreadAsync(CancellationToken stoppingToken)
    {
        if (local.Draining || ReadLoads() is not { } silos)
        {
            return;
        }

        var moves = SpreadPlan.Make(members.Own, active.List(), silos, MovesPerRoundMax);
        if (moves.Length > 0 && _wasUneven)
        {
            SiloLog.Spreading(logger, moves.Length);
            await mover.MoveAsync(moves.TakeWhile(_ => !local.Draining), stoppingToken).ConfigureAwait(false);
        }

        _wasUneven = moves.Length > 0;
    }

    /// <summary>
    /// What the silos that take backends carry; null while one has not said. Of this one, too, it is what it said last: figures of
    /// different age say that whoever counted last carries more.
    /// </summary>
    private Dictionary<SiloAddress, SiloLoad>? ReadLoads()
    {
        var silos = new Dictionary<SiloAddress, SiloLoad>();
        foreach (var silo in members.Hosts)
        {
            if (loads.Find(silo) is not { } load)
            {
                return null;
            }

            if (load.TakesBackends)
            {
                silos.Add(silo, load);
            }
        }

        return silos;
    }
}
