using System.Collections.Concurrent;
using System.Threading.Channels;
using Osmo.Grains.Engine;

namespace Osmo.Engine.Contract;

/// <summary>The way back to an agent that takes a frame when a test lets it, and remembers all that it took.</summary>
internal sealed class SteppedSink : IAgentFrameSink
{
    private readonly Channel<bool> _steps = Channel.CreateUnbounded<bool>();
    private readonly ConcurrentQueue<byte[]> _frames = [];
    private volatile bool _free;
    private volatile string? _completed;
    private volatile string? _moved;

    /// <summary>A sink that takes everything at once.</summary>
    public static SteppedSink Open()
    {
        var sink = new SteppedSink();
        sink.Free();
        return sink;
    }

    /// <summary>What it took, in order.</summary>
    public IReadOnlyList<byte[]> Frames => [.. _frames];

    /// <summary>Why nothing more will come; null while more may.</summary>
    public string? Completed => _completed;

    /// <summary>Why the connection was given up to be made again elsewhere; null where it was not.</summary>
    public string? Moved => _moved;

    /// <summary>Takes one more frame.</summary>
    public void Step() => _steps.Writer.TryWrite(true);

    /// <summary>Takes everything from now on.</summary>
    public void Free()
    {
        _free = true;
        Step();
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (!_free)
        {
            await _steps.Reader.ReadAsync(cancellationToken);
        }

        _frames.Enqueue(frame.ToArray());
    }

    public void Complete(string reason) => _completed = reason;

    public void Move(string reason) => _moved = reason;
}
