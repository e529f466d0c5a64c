using System.Threading.Channels;

namespace Osmo.Silo.Orleans.Shards;

/// <summary>
/// Sends frames in order, as many at a time as have come while the last ones were under way: a call for each would cost every frame a
/// round trip.
/// </summary>
internal sealed class FrameBatches
{
    private const int FramesMax = 128;
    private const int BatchBytesMax = 1 << 20;

    private readonly Channel<byte[]> _frames = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(FramesMax) { SingleReader = true });
    private readonly Func<byte[][], Task> _send;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long _begun;
    private long _begunAt;
    private bool _isUnderWay;
    private long _suspect;

    /// <param name="send">Sends a batch; the next one is sent when it has returned.</param>
    /// <param name="time">The clock.</param>
    public FrameBatches(Func<byte[][], Task> send, TimeProvider time)
    {
        _send = send;
        _time = time;
        Sent = Task.Run(PumpAsync);
    }

    /// <summary>Completes when all is sent that was taken; fails where sending did.</summary>
    public Task Sent { get; }

    /// <summary>Takes a frame, when there is room for it.</summary>
    /// <exception cref="IOException">Sending failed, or has ended.</exception>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            await _frames.Writer.WriteAsync(frame.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw new IOException("The connection between gateway and silo ended.", closed);
        }
    }

    /// <summary>Takes no more; what was taken is still sent.</summary>
    public void Complete() => _frames.Writer.TryComplete();

    /// <summary>
    /// Whether the batch that is under way, or the answer to it, was lost. A call by way of a silo that died may be answered by nobody, and
    /// its own limit is as long as a slow agent may take.
    /// </summary>
    /// <param name="seen">What the other end has seen, asked every <see cref="AgentPulse.Interval"/>.</param>
    public bool IsLost(FrameCounts seen)
    {
        lock (_gate)
        {
            if (!_isUnderWay || _time.GetElapsedTime(_begunAt) < 2 * AgentPulse.Interval)
            {
                return false;
            }

            // Of one that it has only just done, the answer may be on its way.
            var wasSuspect = _suspect == _begun;
            _suspect = seen.Done >= _begun ? _begun : 0;
            return seen.Received < _begun || (wasSuspect && _suspect == _begun);
        }
    }

    private async Task PumpAsync()
    {
        var batch = new List<byte[]>();
        try
        {
            while (await _frames.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                batch.Clear();
                for (var bytes = 0; bytes < BatchBytesMax && _frames.Reader.TryRead(out var frame); bytes += frame.Length)
                {
                    batch.Add(frame);
                }

                Begin();
                await _send([.. batch]).ConfigureAwait(false);
                End();
            }
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            _begun++;
            _begunAt = _time.GetTimestamp();
            _isUnderWay = true;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isUnderWay = false;
        }
    }
}
