using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Errors;
using Osmo.Grains.Silos;
using Osmo.Grains.Storage;
using Osmo.Silo.Hosting;

namespace Osmo.Silo.Membership;

/// <summary>
/// Ends this process if it hears nothing from any other member, although the store, which it reaches, has them as members. If only what is
/// sent to this one is lost, the others still get its own messages; so none of them takes it for dead, and calls to its grains would be
/// lost for as long as that lasts. The same if it does not reach the store and a silo does: Orleans tells it nothing then, and what it
/// keeps of Orleans' directory names the dead.
/// </summary>
internal sealed class IsolationWatch(
    Members members,
    LoadWatch watch,
    SiloLoads loads,
    IBackendStore store,
    SiloEnd end,
    MemberOptions options,
    TimeProvider time,
    ILogger<IsolationWatch> logger) : BackgroundService
{
    private readonly TimeSpan _interval = options.Times.Probe;

    /// <summary>By then others that really are gone have been declared dead, and are no members any more.</summary>
    private readonly TimeSpan _limit = options.Times.Detection * 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (since, last, stored) = (time.GetTimestamp(), time.GetTimestamp(), time.GetTimestamp());
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var stoodStill = time.GetElapsedTime(last) > _interval * 2;
            last = time.GetTimestamp();
            if (stoodStill || !members.Others.Any())
            {
                since = stored = last;
            }

            since = Math.Max(since, watch.AnsweredAt);
            if (!members.Hosts.Any(ReachesStore) || await StoreAnswersAsync(stoppingToken).ConfigureAwait(false))
            {
                stored = time.GetTimestamp();
            }

            if (time.GetElapsedTime(stored) > _limit)
            {
                end.OnFatalException(context: $"the store has not answered for {_limit.TotalSeconds:0.#} s, and answers others");
                return;
            }

            if (time.GetElapsedTime(since) > _limit && await StoreAnswersAsync(stoppingToken).ConfigureAwait(false))
            {
                end.OnFatalException(context: $"no other member has answered for {_limit.TotalSeconds:0.#} s");
                return;
            }
        }
    }

    private bool ReachesStore(SiloAddress silo) => !silo.Equals(members.Own) && loads.Find(silo) is { StoreAnswers: true };

    private async Task<bool> StoreAnswersAsync(CancellationToken stoppingToken)
    {
        try
        {
            await store.CheckAsync(stoppingToken).WaitAsync(_interval, time, stoppingToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is OsmoException or TimeoutException or OperationCanceledException)
        {
            SiloLog.MaybeIsolated(logger, failure.Message);
            return false;
        }
    }
}
