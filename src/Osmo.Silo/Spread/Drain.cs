using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Silos;
using Osmo.Silo.Hosting;
using Osmo.Silo.Membership;

namespace Osmo.Silo.Spread;

/// <summary>
/// Hands the silo's backends over when it is asked to stop, backend by backend and while everything still works: Orleans would end all of
/// them at once, and they would be loaded when somebody calls them.
/// </summary>
internal sealed class Drain(
    Members members,
    SiloLoads loads,
    LoadWatch watch,
    LocalSilo local,
    ActiveBackends active,
    BackendMover mover,
    SiloEnd end,
    MemberOptions options,
    TimeProvider time,
    ILogger<Drain> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before anything of the process stops.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        local.Draining = true;
        if (end.HasCome || !members.IsActive(members.Own))
        {
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(options.DrainLimit);
        try
        {
            await watch.TellAsync(ending.Token).ConfigureAwait(false);
            await HandOverAsync(ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            SiloLog.DrainEnded(logger, active.Count().Backends, (long)options.DrainLimit.TotalMilliseconds);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Until none is left: a member that has not heard of the end yet may place one here.</summary>
    private async Task HandOverAsync(CancellationToken cancellationToken)
    {
        while (active.List() is { Count: > 0 } backends)
        {
            var others = members.Hosts.Where(silo => !silo.Equals(members.Own) && loads.Find(silo) is not { Draining: true }).ToArray();
            if (others.Length == 0)
            {
                SiloLog.NobodyTakesOver(logger, backends.Count);
                return;
            }

            SiloLog.Draining(logger, backends.Count);
            await mover.MoveAsync(backends.Select(backend => new SpreadMove(backend.Backend, Choose(others))), cancellationToken)
                .ConfigureAwait(false);
            if (active.Count().Backends > 0)
            {
                await Task.Delay(RetryPause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Called for one after the other as they move, so that what was given counts.</summary>
    private SiloAddress Choose(SiloAddress[] others)
    {
        var silo = loads.FindLightest(others) ?? others[Random.Shared.Next(others.Length)];
        loads.Place(silo);
        return silo;
    }
}
