using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using Osmo.Grains.Events;
using Osmo.Grains.Placement;

namespace Osmo.Grains.Silos;

/// <inheritdoc cref="ISiloGrain"/>
[Reentrant]
[OnSilo]
internal sealed class SiloGrain(LocalSilo local, SiloLoads loads, FleetEventLog events) : Grain, ISiloGrain
{
    public ValueTask<SiloLoad> GetLoadAsync() => ValueTask.FromResult(local.Load);

    public ValueTask LearnAsync(string silo, SiloLoad load)
    {
        loads.Learn(SiloAddress.FromParsableString(silo), load);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<ImmutableArray<FleetEventItem>> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in EventBatches.FollowAsync(events, cancellationToken))
        {
            yield return batch;
        }
    }
}
