using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Errors;
using Osmo.Grains.Backends;
using Osmo.Grains.Silos;
using Osmo.Grains.Storage;
using Osmo.Silo.Hosting;
using Osmo.Silo.Membership;

namespace Osmo.Silo.Spread;

/// <summary>
/// Looks whether the store answers, which Orleans does not: a silo that reaches the others and not the store would keep its backends and
/// could do nothing with them. If another silo says that it reaches the store, this one ends its backends, and they load there. If the
/// store is away for everybody, nothing moves. A gateway, which has none, only says whether it reaches the store.
/// </summary>
internal sealed class StoreWatch(
    IBackendStore store,
    Members members,
    SiloLoads loads,
    LoadWatch watch,
    LocalSilo local,
    ActiveBackends active,
    BackendMover mover,
    MemberOptions options,
    TimeProvider time,
    ILogger<StoreWatch> logger) : BackgroundService
{
    private readonly MembershipTimes _times = options.Times;
    private long _answeredAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _answeredAt = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_times.Probe, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                SiloLog.Unexpected(logger, "watching the store", failure);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var problem = await FindProblemAsync(stoppingToken).ConfigureAwait(false);
        if (problem is null)
        {
            _answeredAt = time.GetTimestamp();
        }

        if (local.StoreAnswers != (problem is null))
        {
            local.StoreAnswers = problem is null;
            SiloLog.StoreChanged(logger, problem ?? "it answers");
            await watch.TellAsync(stoppingToken).ConfigureAwait(false);
        }

        if (time.GetElapsedTime(_answeredAt) > _times.Probe * MembershipTimes.MissedProbes
            && active.Count().Backends is > 0 and var backends
            && members.Hosts.Any(silo => !silo.Equals(members.Own) && loads.Find(silo) is { TakesBackends: true }))
        {
            SiloLog.GivingUp(logger, backends);
            await mover.EndAllAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task<string?> FindProblemAsync(CancellationToken stoppingToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        patience.CancelAfter(_times.Probe);
        try
        {
            await store.CheckAsync(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            return null;
        }
        catch (OsmoException failure)
        {
            return failure.Message;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return "it does not answer";
        }
    }
}
