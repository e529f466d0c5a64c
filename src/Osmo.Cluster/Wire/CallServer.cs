using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Protocol;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>
/// A silo's end of a connection for calls. Calls are begun as they are read, and each answers when it is done, in whatever order; one
/// writer drains the answers that wait into a frame.
/// </summary>
internal sealed class CallServer(
    FrameConnection connection, IGrainEngine engine, IShardAdmission? admission, TimeProvider time, ILogger logger)
{
    /// <summary>Most calls under way on a connection; as many as the other end begins.</summary>
    public const int CallsMax = 4_096;

    private static readonly TimeSpan ExpireInterval = TimeSpan.FromMilliseconds(100);

    // By their ids modulo the size: the caller does not use a place again before it has given the call in it up.
    private readonly CallUnderWay?[] _underWay = new CallUnderWay?[CallsMax];

    // Not bounded by itself: it holds answers of calls under way, and no more refusals than a frame has calls.
    private readonly Channel<Proto.Answer> _answers = Channel.CreateUnbounded<Proto.Answer>(new() { SingleReader = true });
    private int _count;

    /// <summary>Serves until the connection ends, and returns why. Calls that are under way then are cancelled.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var expiry = time.CreateTimer(_ => Expire(), null, ExpireInterval, ExpireInterval);
        var reading = ReadAsync(ending.Token);
        var writing = WriteAsync(ending.Token);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        _answers.Writer.TryComplete();
        foreach (var call in _underWay)
        {
            call?.Cancel();
        }

        await Task.WhenAll(reading, writing).ConfigureAwait(false);
        return await first.ConfigureAwait(false);
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                Take(frame.Span);
            }

            return "the caller closed it";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }

    private async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        using var writer = new FrameWriter();
        var reader = _answers.Reader;
        try
        {
            while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                writer.Clear();
                while (!writer.IsFull && reader.TryPeek(out var answer))
                {
                    if (!writer.IsEmpty && answer.ResultCase == Proto.Answer.ResultOneofCase.Nodes
                        && answer.CalculateSize() + writer.Frame.Length > FrameWriter.MessageBytesMax)
                    {
                        break;
                    }

                    reader.TryRead(out _);
                    writer.Add(answer);
                }

                await connection.SendAsync(writer.Frame, cancellationToken).ConfigureAwait(false);
            }

            return "it was closed";
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
            if (reader.Call is { } call)
            {
                Begin(call);
            }
            else if (reader.Cancelled is { } id && Volatile.Read(ref Place(id)) is { } cancelled && cancelled.Id == id)
            {
                cancelled.Cancel();
            }
        }
    }

    private void Begin(Proto.Call call)
    {
        if (Volatile.Read(ref _count) >= CallsMax)
        {
            var refusal = CallDispatch.Refusal(
                new OsmoException(ErrorCode.Unavailable, "The silo has too many calls of this process under way. Try again."));
            refusal.Id = call.Id;
            _answers.Writer.TryWrite(refusal);
            return;
        }

        var underWay = new CallUnderWay(call.Id, time.GetTimestamp() + (call.TimeoutMs * time.TimestampFrequency / 1_000));
        Interlocked.Exchange(ref Place(call.Id), underWay)?.Cancel();
        Interlocked.Increment(ref _count);
        _ = ServeAsync(call, underWay);
    }

    private async Task ServeAsync(Proto.Call call, CallUnderWay underWay)
    {
        try
        {
            var answer = await CallDispatch.AnswerAsync(engine, admission, call, logger, underWay.Token).ConfigureAwait(false);
            answer.Id = call.Id;
            _answers.Writer.TryWrite(answer);
        }
        finally
        {
            Interlocked.CompareExchange(ref Place(call.Id), null, underWay);
            Interlocked.Decrement(ref _count);
            underWay.Dispose();
        }
    }

    private void Expire()
    {
        var now = time.GetTimestamp();
        foreach (var call in _underWay)
        {
            if (call?.Deadline <= now)
            {
                call.Cancel();
            }
        }
    }

    private ref CallUnderWay? Place(ulong id) => ref _underWay[id % CallsMax];

    /// <summary>A call that is being served, and the way to give it up.</summary>
    private sealed class CallUnderWay(ulong id, long deadline) : IDisposable
    {
        private readonly CancellationTokenSource _cancellation = new();

        public ulong Id => id;

        public long Deadline => deadline;

        public CancellationToken Token => _cancellation.Token;

        public void Cancel()
        {
            try
            {
                _cancellation.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It is done already.
            }
        }

        public void Dispose() => _cancellation.Dispose();
    }
}
