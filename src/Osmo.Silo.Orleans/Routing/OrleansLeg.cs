using Orleans.Concurrency;
using Osmo.Cluster.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Silo.Orleans.Shards;

namespace Osmo.Silo.Orleans.Routing;

/// <summary>
/// A gateway's end of an agent's connection that is joined to the grain of a shard. The grain is asked now and then whether it still has
/// the connection: it may have been activated elsewhere, and whoever had it before may have died without a word.
/// </summary>
internal sealed class OrleansLeg : IAgentConduit, IAgentObserver
{
    private readonly Guid _link = Guid.NewGuid();
    private readonly IClusterClient _client;
    private readonly IShardGrain _shard;
    private readonly LegSink _sink;
    private readonly TimeProvider _time;
    private readonly IAgentObserver _reference;
    private readonly FrameBatches _out;
    private readonly CancellationTokenSource _ending = new();
    private Task _pulsing = Task.CompletedTask;

    public OrleansLeg(IClusterClient client, IShardGrain shard, LegSink sink, TimeProvider time)
    {
        _client = client;
        _shard = shard;
        _sink = sink;
        _time = time;
        _reference = client.CreateObjectReference<IAgentObserver>(this);
        _out = new FrameBatches(frames => TellAsync(_shard.ReceiveAsync(_link, frames.AsImmutable())));
    }

    /// <summary>Joins it to a backend.</summary>
    /// <returns>Why it is not joined; null where it is.</returns>
    public async Task<string?> JoinAsync(BackendName backend, AgentJoin join, CancellationToken cancellationToken)
    {
        var joining = _shard.JoinAsync(_link, backend.Value, join.Query ?? "", _reference);
        var refusal = await joining.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            _pulsing = PulseAsync();
        }

        return refusal;
    }

    public ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        _sink.Ended.IsCompleted ? ValueTask.CompletedTask : AddAsync(frame, cancellationToken);

    async Task IAgentObserver.SendAsync(Immutable<byte[][]> frames)
    {
        foreach (var frame in frames.Value)
        {
            await _sink.SendAsync(frame, _ending.Token).ConfigureAwait(false);
        }
    }

    Task IAgentObserver.EndAsync(string reason, bool isFinal)
    {
        if (isFinal)
        {
            _sink.Complete(reason);
        }
        else
        {
            _sink.Move(reason);
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _out.Complete();
        await _pulsing.ConfigureAwait(false);
        _client.DeleteObjectReference<IAgentObserver>(_reference);

        // Whether this arrives or not: a grain that hears nothing of a connection for some time drops it.
        _ = _shard.LeaveAsync(_link).ContinueWith(
            static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _ending.Dispose();
    }

    private async ValueTask AddAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            await _out.AddAsync(frame, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            _sink.Move(failure.Message);
        }
    }

    private async Task TellAsync(ValueTask<bool> telling)
    {
        try
        {
            if (!await telling.ConfigureAwait(false))
            {
                _sink.Move("the backend's shard was activated anew");
            }
        }
        catch (Exception failure) when (OrleansFailures.IsTransient(failure, CancellationToken.None))
        {
            _sink.Move(OrleansFailures.Tell(failure));
        }
    }

    private async Task PulseAsync()
    {
        while (true)
        {
            await Task.Delay(OwnerPath.PulseInterval, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested || _sink.Ended.IsCompleted)
            {
                return;
            }

            await TellAsync(_shard.PulseAsync(_link)).WaitAsync(_ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
