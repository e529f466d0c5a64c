using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Silo.Orleans.Hosting;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Spreads shards evenly over the silos, as the other engine does: Orleans by itself leaves a grain where it is, so that a silo that joined
/// would stay empty. What should be where is computed from the database's tables; Orleans activates and moves, by placement hints. Shards
/// that run nowhere are activated before anybody asks for them, so that the agents of a silo that died are served soon.
/// </summary>
internal sealed class ShardSpread(
    SeenOwnership seen,
    ShardOwnership ownership,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    LeaseOptions options,
    TimeProvider time,
    ILogger<ShardSpread> logger) : IDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins; the silo serves by then.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Waits until nothing runs here any more, while others live that can take it.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (ownership.Count() > 0 && !cancellationToken.IsCancellationRequested)
        {
            if (time.GetElapsedTime(began) > options.DrainLimit)
            {
                OrleansLog.DrainEnded(logger, ownership.Count(), (long)options.DrainLimit.TotalMilliseconds);
                return;
            }

            if (seen.Current is { } table && table.Silos.All(row => row.LeaseLeft <= TimeSpan.Zero || row.Draining))
            {
                return;
            }

            await Task.Delay(options.ReadSpacing, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    public async Task StopAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _ending.Dispose();

    private async Task RunAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            var moved = false;
            try
            {
                var table = await seen.RefreshAsync(_ending.Token).ConfigureAwait(false);
                moved = await ApplyAsync(table, ShardBalancer.Plan(table, ownership.Incarnation)).ConfigureAwait(false);
            }
            catch (OsmoException)
            {
                // The database does not answer just now; the watch says so.
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                OrleansLog.Unexpected(logger, "spreading", failure);
            }

            if (!moved)
            {
                await Task.Delay(options.Tick, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> ApplyAsync(OwnershipSnapshot table, ShardPlan plan)
    {
        var homeless = plan.Free.AddRange(plan.Expired).Select(shard => (shard.Shard, Silo: silo.SiloAddress));
        await PlaceAsync(homeless.Concat(Strays(table, plan)), grain => grain.TouchAsync()).ConfigureAwait(false);
        if (plan.HandOvers is not [var (recipient, shards), ..])
        {
            return false;
        }

        var batch = shards.Where(ownership.Holds).Take(options.HandOverShards).ToImmutableArray();
        if (batch.IsEmpty)
        {
            return false;
        }

        var there = AddressOf(table, recipient);
        OrleansLog.Moving(logger, batch.Length, there.ToString());
        await PlaceAsync(batch.Select(shard => (shard.Shard, there)), grain => grain.MoveAsync(there.ToParsableString()))
            .ConfigureAwait(false);
        return await HaveMovedAsync(batch).ConfigureAwait(false);
    }

    /// <summary>
    /// Shards that this silo had last and does not run any more: a move that ended halfway leaves them nowhere until somebody calls.
    /// </summary>
    private IEnumerable<(int Shard, SiloAddress Silo)> Strays(OwnershipSnapshot table, ShardPlan plan)
    {
        var given = plan.HandOvers.SelectMany(given => given.Shards, (given, shard) => (shard.Shard, given.Recipient)).ToDictionary();
        for (var shard = 0; shard < table.Shards.Length; shard++)
        {
            var (epoch, owner) = table.Shards[shard];
            if (owner == ownership.Incarnation && !ownership.Holds(new ShardEpoch(shard, epoch)))
            {
                yield return (shard, given.TryGetValue(shard, out var recipient) ? AddressOf(table, recipient) : silo.SiloAddress);
            }
        }
    }

    private static SiloAddress AddressOf(OwnershipSnapshot table, long incarnation) =>
        OrleansAddress.Read(table.Find(incarnation)!.Address);

    /// <summary>Waits until others have taken shards, so that only a few move at a time.</summary>
    private async Task<bool> HaveMovedAsync(ImmutableArray<ShardEpoch> shards)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < options.EndLimit)
        {
            var table = await seen.RefreshAsync(_ending.Token).ConfigureAwait(false);
            if (shards.All(shard => table.Shards[shard.Shard].Epoch > shard.Epoch))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks grains to be somewhere. Where some cannot be just now, the next round asks again.</summary>
    private async Task PlaceAsync(IEnumerable<(int Shard, SiloAddress Silo)> places, Func<IShardGrain, Task> ask)
    {
        var failures = await Task.WhenAll(places.Select(place => TryAsync(place.Shard, place.Silo, ask))).ConfigureAwait(false);
        if (failures.OfType<Exception>().ToArray() is [var first, ..] all)
        {
            OrleansLog.PlacingFailed(logger, all.Length, first.Message);
        }
    }

    private async Task<Exception?> TryAsync(int shard, SiloAddress hint, Func<IShardGrain, Task> ask)
    {
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, hint);
            await ask(grains.GetGrain<IShardGrain>(shard)).WaitAsync(options.EndLimit, time, _ending.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (!_ending.IsCancellationRequested)
        {
            return failure;
        }
    }
}
