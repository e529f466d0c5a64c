using Microsoft.Extensions.Hosting;
using Osmo.Grains.Silos;
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
    LocalSilo local,
    SiloEnd end,
    MemberOptions options,
    TimeProvider time) : BackgroundService
{
    private readonly TimeSpan _interval = options.Times.Probe;

    /// <summary>By then others that really are gone have been declared dead, and are no members any more.</summary>
    private readonly TimeSpan _limit = options.Times.Detection * 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var heard = time.GetTimestamp();
        var stored = heard;
        while (!stoppingToken.IsCancellationRequested)
        {
            var before = time.GetTimestamp();
            await Task.Delay(_interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = time.GetTimestamp();
            var stoodStill = time.GetElapsedTime(before, now) > _interval * 2;
            var cannotTell = stoodStill || !members.Others.Any();
            heard = cannotTell ? now : Math.Max(heard, watch.AnsweredAt);
            stored = cannotTell || local.StoreAnswers || !members.Hosts.Any(ReachesStore) ? now : stored;
            if (time.GetElapsedTime(stored, now) > _limit)
            {
                end.OnFatalException(context: $"the store has not answered for {_limit.TotalSeconds:0.#} s, and answers others");
                return;
            }

            if (local.StoreAnswers && time.GetElapsedTime(heard, now) > _limit)
            {
                end.OnFatalException(context: $"no other member has answered for {_limit.TotalSeconds:0.#} s");
                return;
            }
        }
    }

    private bool ReachesStore(SiloAddress silo) => !silo.Equals(members.Own) && loads.Find(silo) is { StoreAnswers: true };
}
