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
    private FrameCounts _seen;
    private volatile bool _isOver;

    /// <param name="join">Joins the agent to its backend, given the way back to it.</param>
    /// <param name="observer">The way back to the gateway that has the connection.</param>
    /// <param name="time">The clock.</param>
    public AgentLink(Func<IAgentFrameSink, IAgentConduit> join, IAgentObserver observer, TimeProvider time)
    {
        _observer = observer;
        _time = time;
        _heardAt = time.GetTimestamp();
        _out = new FrameBatches(frames => observer.SendAsync(frames.AsImmutable()), time);
        _conduit = join(this);
    }

    /// <summary>How long ago the gateway said something, if only that the agent is still there.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>Nothing goes to the agent by this any more: where the gateway was not told, it learns so when it asks.</summary>
    public bool IsOver => _isOver;

    /// <summary>What came from the gateway. Asked and counted in the grain's turns only.</summary>
    public FrameCounts Seen => _seen;

    /// <summary>The gateway says that the agent is still there, and what it has seen of what was sent to it.</summary>
    public void Hear(FrameCounts seen)
    {
        Hear();
        _isOver |= _out.IsLost(seen);
    }

    /// <summary>Takes frames, and returns when there is room for more.</summary>
    public async ValueTask ReceiveAsync(byte[][] frames, CancellationToken cancellationToken)
    {
        _seen = _seen with { Received = _seen.Received + 1 };
        foreach (var frame in frames)
        {
            Hear();
            await _conduit.ReceiveAsync(frame, cancellationToken);
        }

        _seen = _seen with { Done = _seen.Done + 1 };
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => _out.AddAsync(frame, cancellationToken);

    public void Complete(string reason) => _ = EndAsync(reason, isFinal: true);

    public void Move(string reason) => _ = EndAsync(reason, isFinal: false);

    public async ValueTask DisposeAsync()
    {
        _out.Complete();
        await _conduit.DisposeAsync().ConfigureAwait(false);
    }

    private void Hear() => Volatile.Write(ref _heardAt, _time.GetTimestamp());

    /// <summary>Frames that could not be sent are no reason to hang up: the agent is joined again and asked to begin anew.</summary>
    private async Task EndAsync(string reason, bool isFinal)
    {
        _out.Complete();
        await _out.Sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var telling = _observer.EndAsync(reason, isFinal && _out.Sent.IsCompletedSuccessfully);
        await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _isOver = true;
    }
}
