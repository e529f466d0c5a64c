using System.Threading.Channels;
using Osmo.Cluster.Wire;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>
/// An open connection to a silo, for calls. Callers put calls into a queue; one writer drains what waits there into a frame, so that
/// frames grow with the load and no call waits for others. One reader completes calls as answers come.
/// </summary>
internal sealed class CallConnection : IAsyncDisposable
{
    private static readonly TimeSpan ExpireInterval = TimeSpan.FromMilliseconds(50);

    private readonly OpenSocket _socket;
    private readonly TimeProvider _time;
    private readonly PendingCalls _pending = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ITimer _expiry;

    // Not bounded by itself: it holds calls under way, of which there are at most so many, and cancellations of such.
    private readonly Channel<Outgoing> _outgoing = Channel.CreateUnbounded<Outgoing>(new() { SingleReader = true });

    public CallConnection(OpenSocket socket, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        _expiry = time.CreateTimer(static me => ((CallConnection)me!).Expire(), this, ExpireInterval, ExpireInterval);
        Ended = RunAsync();
    }

    /// <summary>Completes with the reason when the connection has ended.</summary>
    public Task<string> Ended { get; }

    /// <summary>The silo's id.</summary>
    public string Silo => _socket.Agreement.Peer;

    /// <summary>Sends a call and waits for its answer.</summary>
    /// <param name="call">The call; its id and timeout are filled in here.</param>
    /// <param name="timeout">How long the answer may take.</param>
    /// <param name="cancellationToken">The caller does not wait any more; the silo is told.</param>
    /// <exception cref="SiloUnreachableException">
    /// The connection broke, or the time is over: what became of the call is not known.
    /// </exception>
    public ValueTask<Proto.Answer> CallAsync(Proto.Call call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = _time.GetTimestamp() + (long)(timeout.TotalSeconds * _time.TimestampFrequency);
        var (place, id) = _pending.Begin(deadline);
        call.Id = id;
        call.TimeoutMs = (uint)Math.Clamp(timeout.TotalMilliseconds, 1, uint.MaxValue);
        if (cancellationToken.CanBeCanceled)
        {
            place.CancelWith(cancellationToken.UnsafeRegister(
                static (state, token) =>
                {
                    var (connection, id) = ((CallConnection, ulong))state!;
                    connection.Cancel(id, new OperationCanceledException(token));
                },
                (this, id)));
        }

        // Where the connection has ended meanwhile, so has the call.
        _outgoing.Writer.TryWrite(new Outgoing(call, id));
        return place.AnswerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    private void Cancel(ulong id, Exception why)
    {
        if (_pending.TryFail(id, why))
        {
            _outgoing.Writer.TryWrite(new Outgoing(null, id));
        }
    }

    private void Expire()
    {
        foreach (var id in _pending.Expire(_time.GetTimestamp()))
        {
            _outgoing.Writer.TryWrite(new Outgoing(null, id));
        }
    }

    private async Task<string> RunAsync()
    {
        await Task.Yield();
        var reading = ReadAsync();
        var writing = WriteAsync();
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        var reason = await first.ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        _outgoing.Writer.TryComplete();
        _socket.Frames.Abort();
        await Task.WhenAll(reading, writing).ConfigureAwait(false);
        await _expiry.DisposeAsync().ConfigureAwait(false);
        _pending.End(reason);
        await _socket.DisposeAsync().ConfigureAwait(false);
        return reason;
    }

    private async Task<string> WriteAsync()
    {
        using var writer = new FrameWriter();
        var reader = _outgoing.Reader;
        try
        {
            while (await reader.WaitToReadAsync(_ending.Token).ConfigureAwait(false))
            {
                writer.Clear();
                while (!writer.IsFull && reader.TryRead(out var outgoing))
                {
                    if (outgoing.Call is { } call)
                    {
                        writer.Add(call);
                    }
                    else
                    {
                        writer.AddCancelled(outgoing.Id);
                    }
                }

                await _socket.Frames.SendAsync(writer.Frame, _ending.Token).ConfigureAwait(false);
            }

            return "it was closed";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }

    private async Task<string> ReadAsync()
    {
        try
        {
            while (await _socket.Frames.ReceiveAsync(_ending.Token).ConfigureAwait(false) is { } frame)
            {
                Take(frame.Span);
            }

            return _socket.Socket.CloseStatusDescription is { Length: > 0 } said ? $"the silo closed it: {said}" : "the silo closed it";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }

    private void Take(ReadOnlySpan<byte> frame)
    {
        var reader = new FrameReader(frame);
        while (reader.TryRead())
        {
            if (reader.Answer is { } answer)
            {
                _pending.Complete(answer);
            }
        }
    }

    private readonly record struct Outgoing(Proto.Call? Call, ulong Id);
}
