using Orleans.Concurrency;
using Osmo.Grains.Engine;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>A silo's end of an agent's connection that is joined to a backend here.</summary>
internal sealed class AgentLink : IAgentFrameSink, IAsyncDisposable
{
    private readonly IAgentObserver _observer;
    private readonly TimeProvider _time;
    private readonly FrameBatches _out;
    private readonly IAgentConduit _conduit;
    private long _heardAt;

    /// <param name="join">Joins the agent to its backend, given the way back to it.</param>
    /// <param name="observer">The way back to the gateway that has the connection.</param>
    /// <param name="time">The clock.</param>
    public AgentLink(Func<IAgentFrameSink, IAgentConduit> join, IAgentObserver observer, TimeProvider time)
    {
        _observer = observer;
        _time = time;
        _heardAt = time.GetTimestamp();
        _out = new FrameBatches(frames => observer.SendAsync(frames.AsImmutable()));
        _conduit = join(this);
    }

    /// <summary>How long ago the gateway said something, if only that the agent is still there.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>The gateway says that the agent is still there.</summary>
    public void Hear() => Volatile.Write(ref _heardAt, _time.GetTimestamp());

    /// <summary>Takes frames, and returns when there is room for more.</summary>
    public async ValueTask ReceiveAsync(byte[][] frames, CancellationToken cancellationToken)
    {
        foreach (var frame in frames)
        {
            Hear();
            await _conduit.ReceiveAsync(frame, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => _out.AddAsync(frame, cancellationToken);

    public void Complete(string reason) => _ = EndAsync(reason, isFinal: true);

    public void Move(string reason) => _ = EndAsync(reason, isFinal: false);

    public async ValueTask DisposeAsync()
    {
        _out.Complete();
        await _conduit.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Where even this does not arrive, the gateway asks and learns that the connection is not joined here any more.</summary>
    private async Task EndAsync(string reason, bool isFinal)
    {
        _out.Complete();
        await _out.Sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _observer.EndAsync(reason, isFinal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
