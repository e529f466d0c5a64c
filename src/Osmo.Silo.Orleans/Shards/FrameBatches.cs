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

    /// <param name="send">Sends a batch; the next one is sent when it has returned.</param>
    public FrameBatches(Func<byte[][], Task> send)
    {
        _send = send;
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

                await _send([.. batch]).ConfigureAwait(false);
            }
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }
}
