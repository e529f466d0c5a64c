using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Silos;

namespace Osmo.Silo.Membership;

/// <summary>Asks every member what it carries, all the time, and at once if members come or go.</summary>
internal sealed class LoadWatch(Members members, SiloLoads loads, LocalSilo local, TimeProvider time, ILogger<LoadWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly WakeSignal _readNow = new();

    /// <summary>Members that were asked and have not answered: they are not asked again before.</summary>
    private readonly ConcurrentDictionary<SiloAddress, byte> _asked = [];

    private long _answeredAt;

    /// <summary>The clock's timestamp of the last answer of another member; 0 if none has answered yet.</summary>
    public long AnsweredAt => Interlocked.Read(ref _answeredAt);

    /// <summary>The first answers are there when others can call this member.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells all others what this member carries, and that it ends or does not reach its store.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        var (own, load) = (members.Own, local.Load);
        loads.Learn(own, load);
        await Task.WhenAll(members.Others.Select(silo => TellAsync(silo, own, load, cancellationToken))).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var following = members.FollowAsync(_readNow.Set, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await _readNow.WaitAsync(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ReadAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                SiloLog.Unexpected(logger, "reading loads", failure);
            }
        }

        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var active = members.Active;
        loads.Keep(active);
        loads.Learn(members.Own, local.Load);
        await Task.WhenAll(members.Others.Where(silo => _asked.TryAdd(silo, 0)).Select(AskAsync))
            .WaitAsync(Patience, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AskAsync(SiloAddress silo)
    {
        try
        {
            loads.Learn(silo, await members.GrainOf(silo).GetLoadAsync().ConfigureAwait(false));
            Interlocked.Exchange(ref _answeredAt, time.GetTimestamp());
        }
        catch (Exception failure)
        {
            SiloLog.LoadUnknown(logger, silo, failure.Message);
        }
        finally
        {
            _asked.TryRemove(silo, out _);
        }
    }

    private async Task TellAsync(SiloAddress silo, SiloAddress own, SiloLoad load, CancellationToken cancellationToken)
    {
        try
        {
            await members.GrainOf(silo).LearnAsync(own.ToParsableString(), load).AsTask()
                .WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // It asks by itself within a second.
            SiloLog.LoadUntold(logger, silo, failure.Message);
        }
    }
}
