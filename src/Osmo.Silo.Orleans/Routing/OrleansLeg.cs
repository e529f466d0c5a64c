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
    private const string ActivatedAnew = "the backend's shard was activated anew";

    private readonly Guid _link = Guid.NewGuid();
    private readonly IClusterClient _client;
    private readonly IShardGrain _shard;
    private readonly LegSink _sink;
    private readonly TimeProvider _time;
    private readonly IAgentObserver _reference;
    private readonly FrameBatches _out;
    private readonly CancellationTokenSource _ending = new();
    private Task _pulsing = Task.CompletedTask;
    private long _received;
    private long _done;

    public OrleansLeg(IClusterClient client, IShardGrain shard, LegSink sink, TimeProvider time)
    {
        _client = client;
        _shard = shard;
        _sink = sink;
        _time = time;
        _reference = client.CreateObjectReference<IAgentObserver>(this);
        _out = new FrameBatches(SendAsync, time);
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
        Interlocked.Increment(ref _received);
        foreach (var frame in frames.Value)
        {
            await _sink.SendAsync(frame, _ending.Token).ConfigureAwait(false);
        }

        Interlocked.Increment(ref _done);
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

    /// <exception cref="IOException">They did not arrive, or nobody knows: what comes after them must not arrive either.</exception>
    private async Task SendAsync(byte[][] frames)
    {
        await AskAsync(async () =>
            await _shard.ReceiveAsync(_link, frames.AsImmutable()).ConfigureAwait(false) ? null : ActivatedAnew).ConfigureAwait(false);
        if (_sink.Ended.IsCompleted)
        {
            throw new IOException("The agent is not joined here any more.");
        }
    }

    /// <summary>Asks the grain, and has the agent join again where that cannot be, or there is a reason to.</summary>
    private async Task AskAsync(Func<Task<string?>> ask)
    {
        try
        {
            if (await ask().ConfigureAwait(false) is { } reason)
            {
                _sink.Move(reason);
            }
        }
        catch (Exception failure) when (OrleansFailures.IsTransient(failure, CancellationToken.None))
        {
            _sink.Move(OrleansFailures.Tell(failure));
        }
    }

    private async Task<string?> FindProblemAsync()
    {
        var seen = new FrameCounts(Volatile.Read(ref _received), Volatile.Read(ref _done));
        return await _shard.PulseAsync(_link, seen).ConfigureAwait(false) is not { } there
            ? ActivatedAnew
            : _out.IsLost(there) ? "frames were lost on the way to the silo" : null;
    }

    private async Task PulseAsync()
    {
        while (true)
        {
            await Task.Delay(AgentPulse.Interval, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested || _sink.Ended.IsCompleted)
            {
                return;
            }

            await AskAsync(FindProblemAsync).WaitAsync(_ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
