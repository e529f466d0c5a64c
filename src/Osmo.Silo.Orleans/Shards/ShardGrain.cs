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

    /// <summary>
    /// Orleans lets an activation go when nothing is under way in it: what waits for a store that hangs must not hold it up.
    /// </summary>
    private readonly CancellationTokenSource _leaving = new(Timeout.InfiniteTimeSpan, time);
    private ShardEpoch _claim;
    private volatile bool _isDisposed;

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

        // Orleans does not say that an activation ends which was not one yet.
        if (_isDisposed || cancellationToken.IsCancellationRequested)
        {
            ownership.Release(_claim);
            throw new OrleansException($"The activation of shard {Shard} took too long.");
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
        await _leaving.CancelAsync();
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
            Drop(link);
        }

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
        if (Find(link) is not { } known)
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

    public ValueTask<FrameCounts?> PulseAsync(Guid link, FrameCounts seen)
    {
        if (_links.TryGetValue(link, out var known))
        {
            known.Hear(seen);
        }

        return ValueTask.FromResult(Find(link)?.Seen);
    }

    public Task LeaveAsync(Guid link)
    {
        if (_links.Remove(link, out var known))
        {
            Drop(known);
        }

        return Task.CompletedTask;
    }

    public Task TouchAsync() => Task.CompletedTask;

    public Task MoveAsync(string silo)
    {
        var there = SiloAddress.FromParsableString(silo);
        if (!there.Equals(GrainContext.Address.SiloAddress))
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, there);
            _leaving.CancelAfter(lease.EndLimit);
            MigrateOnIdle();
        }

        return Task.CompletedTask;
    }

    /// <summary>Orleans calls it after the end of the activation, and of what did not become one.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        ownership.Release(_claim);
        _leaving.Dispose();
    }

    /// <summary>Called by whoever learns that the shard is lost; the activation may have ended meanwhile.</summary>
    private void Leave()
    {
        try
        {
            _leaving.CancelAfter(lease.EndLimit);
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The shard is another silo's."));
    }

    /// <summary>The connection, where it is joined here and frames still go both ways.</summary>
    private AgentLink? Find(Guid link)
    {
        if (_links.TryGetValue(link, out var known) && known.IsOver)
        {
            _links.Remove(link);
            Drop(known);
            known = null;
        }

        return known;
    }

    /// <summary>Takes an agent from its backend, without waiting: that may take as long as a store that hangs.</summary>
    private static void Drop(AgentLink link) => _ = link.DisposeAsync().AsTask().ContinueWith(
        static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>A gateway that died does not say that its agents are gone.</summary>
    private Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, link) in _links.Where(link => link.Value.Silence > AgentPulse.SilenceMax).ToArray())
        {
            OrleansLog.LinkSilent(logger, Shard);
            _links.Remove(id);
            Drop(link);
        }

        return Task.CompletedTask;
    }
}
