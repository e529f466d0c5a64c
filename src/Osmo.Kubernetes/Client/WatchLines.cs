using System.Buffers;
using System.IO.Pipelines;

namespace Osmo.Kubernetes;

/// <summary>Takes the lines of a watch, one by one.</summary>
internal interface IWatchLineHandler
{
    /// <summary>One line without its newline; false ends the watch.</summary>
    bool OnLine(ReadOnlySpan<byte> line);

    /// <summary>All lines that have arrived so far were handed over.</summary>
    void OnBatch();
}

/// <summary>How the lines of a watch ended.</summary>
internal enum WatchLinesEnd
{
    /// <summary>The server ended the stream after a whole line.</summary>
    Clean,

    /// <summary>The handler had enough.</summary>
    Stopped,

    /// <summary>The stream ended in the middle of a line.</summary>
    Cut,

    /// <summary>A line was longer than allowed.</summary>
    TooLong,
}

/// <summary>
/// Splits the body of a watch into lines. Whoever reads sets the pace: nothing is read ahead of the handler but one buffer.
/// </summary>
internal static class WatchLines
{
    private const int BufferBytes = 1 << 16;

    /// <exception cref="OperationCanceledException">The idle limit struck, or the caller gave up.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<WatchLinesEnd> ReadAsync(Stream stream, int lineBytesMax, IWatchLineHandler handler, IdleLimit limit)
    {
        PipeReader reader = PipeReader.Create(
            stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, minimumReadSize: BufferBytes / 4));
        try
        {
            long searched = 0;
            while (true)
            {
                ReadResult result = await reader.ReadAsync(limit.Restart()).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = result.Buffer;
                while (buffer.Slice(searched).PositionOf((byte)'\n') is { } newline)
                {
                    if (!HandOver(buffer.Slice(0, newline), handler))
                    {
                        return WatchLinesEnd.Stopped;
                    }

                    buffer = buffer.Slice(buffer.GetPosition(1, newline));
                    searched = 0;
                }

                handler.OnBatch();
                searched = buffer.Length;
                if (searched > lineBytesMax)
                {
                    return WatchLinesEnd.TooLong;
                }

                if (result.IsCompleted)
                {
                    return IsBlank(buffer) ? WatchLinesEnd.Clean : WatchLinesEnd.Cut;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static bool HandOver(ReadOnlySequence<byte> line, IWatchLineHandler handler)
    {
        if (line.IsSingleSegment)
        {
            return line.FirstSpan.IsEmpty || handler.OnLine(line.FirstSpan);
        }

        byte[] whole = ArrayPool<byte>.Shared.Rent((int)line.Length);
        try
        {
            line.CopyTo(whole);
            return handler.OnLine(whole.AsSpan(0, (int)line.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> rest)
    {
        foreach (ReadOnlyMemory<byte> segment in rest)
        {
            if (segment.Span.ContainsAnyExcept(" \t\r\n"u8))
            {
                return false;
            }
        }

        return true;
    }
}
