using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Silo.Hosting;
using Osmo.Silo.Orleans.Routing;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Hosts the backends of a shard. When it is activated it takes a new epoch of the shard, and the store refuses whatever comes under an
/// older one: Orleans may run two activations of a grain for a while after a silo died uncleanly, and the older of them can do no harm.
/// <para>
/// It is reentrant, because the backends' own mailboxes decide what runs when: each runs one turn at a time, and takes many calls into one.
/// </para>
/// </summary>
[Reentrant]
[CollectionAgeLimit(AlwaysActive = true)]
[ShardPlacement]
internal sealed class ShardGrain(
    ShardOwnership ownership,
    IActivationHost host,
    [FromKeyedServices(SiloServiceCollectionExtensions.LocalEngine)] IGrainEngine engine,
    LeaseOptions lease,
    TimeProvider time,
    ILogger<ShardGrain> logger) : Grain, IShardGrain, IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Guid, AgentLink> _links = [];

    /// <summary>Orleans lets an activation go when nothing is under way in it: what waits for a store that hangs must not hold it up.</summary>
    private readonly CancellationTokenSource _leaving = new(Timeout.InfiniteTimeSpan, time);
    private ShardEpoch _claim;

    private int Shard => (int)this.GetPrimaryKeyLong();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Shard is < 0 or >= BackendShard.Count)
        {
            throw new ArgumentException($"There is no shard {Shard}.");
        }

        try
        {
            _claim = await ownership.TakeAsync(Shard, Leave, cancellationToken);
        }
        catch (OsmoException failure)
        {
            // Of ours, Orleans could not tell the caller.
            throw new OrleansException(failure.Message);
        }

        this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions(SweepInterval, SweepInterval) { KeepAlive = true });
        OrleansLog.ShardActivated(logger, _claim.Shard, _claim.Epoch);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_claim.Epoch == 0)
        {
            return;
        }

        ownership.Release(_claim);
        try
        {
            await host.EndAsync(new HashSet<int> { Shard }).WaitAsync(lease.EndLimit, time, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            // What a grain still tries to write is refused once the next activation has its epoch.
            OrleansLog.EndedLate(logger, Shard);
        }

        foreach (var link in _links.Values)
        {
            await link.DisposeAsync();
        }

        await _leaving.CancelAsync();
        OrleansLog.ShardDeactivated(logger, _claim.Shard, _claim.Epoch, reason.Description);
    }

    public async ValueTask<Immutable<byte[]>> CallAsync(Immutable<byte[]> call)
    {
        var message = Proto.Call.Parser.ParseFrom(call.Value);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(message.TimeoutMs), time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _leaving.Token);
        var answer = await CallDispatch.AnswerAsync(engine, admission: null, message, logger, end.Token);

        // What was given up may still be done: no refusal, then, but an end of which the caller knows that it does not know.
        return answer.Failure is not null && end.IsCancellationRequested
            ? throw new TimeoutException("The silo did not come to it in time.")
            : answer.ToByteArray().AsImmutable();
    }

    public Task<string?> JoinAsync(Guid link, string backend, string join, IAgentObserver observer)
    {
        try
        {
            var name = BackendName.Parse(backend);
            ownership.Claim(name);
            if (!AgentJoin.TryRead(new QueryCollection(QueryHelpers.ParseQuery(join)), out var role))
            {
                return Task.FromResult<string?>("this silo does not know the agent's channel: upgrade it");
            }

            _links.Add(link, new AgentLink(sink => role.To(engine, name, sink), observer, time));
            return Task.FromResult<string?>(null);
        }
        catch (OsmoException refusal)
        {
            return Task.FromResult<string?>(refusal.Message);
        }
    }

    public async ValueTask<bool> ReceiveAsync(Guid link, Immutable<byte[][]> frames)
    {
        if (!_links.TryGetValue(link, out var known))
        {
            return false;
        }

        try
        {
            await known.ReceiveAsync(frames.Value, _leaving.Token);
            return true;
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            return false;
        }
    }

    public ValueTask<bool> PulseAsync(Guid link)
    {
        var isKnown = _links.TryGetValue(link, out var known);
        known?.Hear();
        return ValueTask.FromResult(isKnown);
    }

    public async Task LeaveAsync(Guid link)
    {
        if (_links.Remove(link, out var known))
        {
            await known.DisposeAsync();
        }
    }

    public Task TouchAsync() => Task.CompletedTask;

    public Task MoveAsync(string silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(silo));
        _leaving.CancelAfter(lease.EndLimit);
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    /// <summary>Orleans calls it after the end of the activation.</summary>
    public void Dispose() => _leaving.Dispose();

    private void Leave()
    {
        if (!_leaving.IsCancellationRequested)
        {
            _leaving.CancelAfter(lease.EndLimit);
            DeactivateOnIdle();
        }
    }

    /// <summary>A gateway that died does not say that its agents are gone.</summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, link) in _links.Where(link => link.Value.Silence > OwnerPath.SilenceMax).ToArray())
        {
            OrleansLog.LinkSilent(logger, Shard);
            _links.Remove(id);
            await link.DisposeAsync();
        }
    }
}
